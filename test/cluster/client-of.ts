import { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../src/clock/clock.ts";
import { createKubeClient } from "../../src/cluster/api-client.ts";
import type { KubeClient } from "../../src/cluster/kube-client.ts";
import { networkTransport } from "../../src/cluster/network-transport.ts";
import type { Transport } from "../../src/cluster/transport.ts";

/** A kubeconfig for one server and a user with a token. */
export function kubeConfigFor(server: string, cluster: Record<string, unknown> = { skipTLSVerify: true }): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "c", server, ...cluster }],
    users: [{ name: "u", token: "sesame" }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  return config;
}

/** A client over the network, its transport closed with it. */
export async function clientOf(
  server: string,
  clock: Clock,
): Promise<{ kube: KubeClient; transport: Transport } & AsyncDisposable> {
  const transport = networkTransport(kubeConfigFor(server));
  const kube = await createKubeClient(transport, clock);
  return { kube, transport, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() };
}
