import type { Clock } from "../../clock/clock.ts";
import { DeadlineError } from "../../clock/deadline.ts";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError } from "../../errors.ts";
import { CommandError, runCommand } from "./command.ts";
import type { KubeVirtManifests } from "./kubevirt-manifests.ts";
import { latePods, type PodLike } from "./late-pods.ts";

export interface InstallOptions {
  clock: Clock;
  /** A kubeconfig's file. */
  kubeconfig: string;
  manifests: KubeVirtManifests;
  signal?: AbortSignal | undefined;
  onStage: (stage: string) => void;
}

const applyLimitMs = 3 * 60_000;
/** Two minutes were seen with every image there; pulling them takes its time. */
const availableLimitMs = 15 * 60_000;
const lookEveryMs = 3_000;

/** Installs KubeVirt, or brings an installation that was begun to its end; waits until it is available. */
export async function installKubeVirt({
  clock,
  kubeconfig,
  manifests,
  signal,
  onStage,
}: InstallOptions): Promise<void> {
  const kubectl = async (args: string[], input?: string): Promise<string> =>
    runCommand("kubectl", ["--kubeconfig", kubeconfig, ...args], {
      clock,
      limitMs: applyLimitMs,
      signal,
      ...(input !== undefined && { input }),
    }).catch(explain);
  const available = async (): Promise<boolean> =>
    isAvailable(JSON.parse(await kubectl(["get", "kubevirts", "-A", "-o", "json"])) as KubeVirtList);
  const crd = "crd/kubevirts.kubevirt.io";
  // One that stands is left alone: a resource that is applied anew may set its components rolling.
  if ((await kubectl(["get", crd, "--ignore-not-found", "-o", "name"])) !== "" && (await available())) return;
  onStage("installing KubeVirt");
  // Server-side: the operator's manifest is too large for the annotation of the other way.
  const apply = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
  await kubectl(apply, manifests.operator);
  await kubectl(["wait", "--for=condition=Established", crd, "--timeout=60s"]);
  await kubectl(apply, manifests.kubevirt);
  let said = "";
  try {
    await waitUntil(clock, {
      what: "KubeVirt to be available",
      limitMs: availableLimitMs,
      everyMs: lookEveryMs,
      ...(signal && { signal }),
      look: async () => {
        if (await available()) return true;
        const pods = await kubectl(["get", "pods", "-n", "kubevirt", "-o", "json"]);
        const late = latePods((JSON.parse(pods) as { items: PodLike[] }).items);
        const seen = late.length === 0 ? "its operator is at work" : late.join("; ");
        if (seen !== said) onStage(`waiting for KubeVirt: ${(said = seen)}`);
        return notYet(seen);
      },
    });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw new EnvironmentError(
      `${error.message}; mend it and run \`rebound cluster up\` again, it goes on from there`,
      { cause: error },
    );
  }
}

interface KubeVirtList {
  items: { status?: { conditions?: { type: string; status: string }[] } }[];
}

function isAvailable({ items }: KubeVirtList): boolean {
  return items.some(({ status }) =>
    status?.conditions?.some(({ type, status: is }) => type === "Available" && is === "True"),
  );
}

function explain(error: unknown): never {
  if (!(error instanceof CommandError)) throw error;
  if (error.missing) {
    throw new EnvironmentError(`${error.message}; install it: https://kubernetes.io/docs/tasks/tools/`, {
      cause: error,
    });
  }
  if (/\bEOF\b|connection refused|i\/o timeout|TLS handshake|no route to host/i.test(error.stderr)) {
    const said = error.stderr.trim().split("\n").at(-1) ?? "";
    throw new EnvironmentError(
      `the cluster's API server does not answer; see \`rebound cluster status\`, and the control plane's log in the container engine (kubectl said: ${said})`,
      { cause: error },
    );
  }
  throw error;
}
