import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../clock/clock.ts";
import { withDeadline } from "../clock/deadline.ts";
import { EnvironmentError, messageOf, UsageError } from "../errors.ts";
import { createKubeClient } from "./api-client.ts";
import type { KubeClient } from "./kube-client.ts";
import { networkTransport } from "./network-transport.ts";
import type { Transport } from "./transport.ts";

/** Which cluster of a kubeconfig. */
export interface KubeConfigSource {
  /** The kubeconfig's text; the user's own (`KUBECONFIG`, `~/.kube/config`) where there is none. */
  kubeconfig?: string;
  /** Its current one where none is named. */
  context?: string;
}

/** An API server that answers. */
export interface Connection extends AsyncDisposable {
  readonly kube: KubeClient;
  /** Its clock against this machine's. */
  readonly skew: Skew;
}

/** By how much the API server's clock is ahead of this machine's: between these, in milliseconds. */
export interface Skew {
  leastMs: number;
  mostMs: number;
}

const answerLimitMs = 20_000;

/** Reads the kubeconfig. @throws UsageError where it is none, or has no such context */
export async function loadKubeConfig({ kubeconfig, context }: KubeConfigSource): Promise<KubeConfig> {
  const client = await import("@kubernetes/client-node");
  const config = new client.KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromString(kubeconfig);
  } catch (error) {
    throw new UsageError(`the kubeconfig cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (context === undefined) return config;
  const known = config.getContexts().map(({ name }) => name);
  if (!known.includes(context)) {
    const there = known.length === 0 ? "it has none" : `there are ${known.join(", ")}`;
    throw new UsageError(`the kubeconfig has no context ${context}; ${there}`);
  }
  config.setCurrentContext(context);
  return config;
}

/** Connects to an API server. @throws EnvironmentError where it does not answer */
export async function connect(config: KubeConfig, clock: Clock): Promise<Connection> {
  const transport = networkTransport(config);
  try {
    const skew = await measureSkew(transport, clock);
    const kube = await createKubeClient(transport, clock);
    return { kube, skew, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
  } catch (error) {
    await transport[Symbol.asyncDispose]();
    if (error instanceof EnvironmentError) throw error;
    const server = config.getCurrentCluster()?.server ?? "no server";
    throw new EnvironmentError(
      `the API server of context ${config.getCurrentContext()} (${server}) does not answer: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Requests of a measurement, and the time between two: the seconds that are stamped turn at different moments of each. */
const asked = 5;
const betweenMs = 210;

/**
 * Each answer's `Date` is the server's whole second at some moment between request and answer, which bounds the skew;
 * the bounds of several answers are narrower than a second.
 */
export async function measureSkew(transport: Transport, clock: Clock): Promise<Skew> {
  let skew: Skew = { leastMs: -Infinity, mostMs: Infinity };
  for (let count = 0; count < asked; count++) {
    if (count > 0) await clock.sleep(betweenMs);
    const sentMs = clock.wall().getTime();
    const { headers } = await withDeadline(
      clock,
      answerLimitMs,
      async (signal) => {
        const answer = await transport.send({ method: "GET", path: "/version", signal });
        await answer.text();
        return answer;
      },
      "its version",
    );
    const receivedMs = clock.wall().getTime();
    const stampedMs = Date.parse(headers["date"] ?? "");
    if (Number.isNaN(stampedMs)) continue;
    skew = {
      leastMs: Math.max(skew.leastMs, stampedMs - receivedMs),
      mostMs: Math.min(skew.mostMs, stampedMs + 1000 - sentMs),
    };
  }
  return skew;
}
