import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/clock/clock.ts";
import { realClock } from "../../../src/clock/real-clock.ts";
import { notYet, waitUntil } from "../../../src/clock/wait-until.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";
import { connect, loadKubeConfig } from "../../../src/cluster/real-cluster.ts";
import { serveSimulatedCluster } from "../../../src/cluster/simulated/serve-cluster.ts";
import { condition, type VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { virtualMachineInstances } from "../../../src/kube/resources.ts";
import { vm, type VmOptions } from "../../../src/workload/variant.ts";

/** The name of the context by which a served site is reached. */
export const context = "rebound-simulated";

/** A simulated cluster that is served over the network, as somebody's existing one: real transport, real time. */
export class ServedSite implements AsyncDisposable {
  readonly kube: KubeClient;
  /** A folder of its own, with the kubeconfig in it. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #clock: Clock;
  readonly #close: () => Promise<void>;

  private constructor(kube: KubeClient, folder: string, clock: Clock, close: () => Promise<void>) {
    this.kube = kube;
    this.folder = folder;
    this.kubeconfig = join(folder, "kubeconfig");
    this.#clock = clock;
    this.#close = close;
  }

  /** @param speed the site's seconds per second */
  static async open({ nodes = 3, speed = 30 } = {}): Promise<ServedSite> {
    const served = await serveSimulatedCluster({ seed: 1, nodes, speed, host: "127.0.0.1", port: 0 });
    const folder = await mkdtemp(join(tmpdir(), "rebound-site-"));
    await writeFile(join(folder, "kubeconfig"), served.kubeconfig, { mode: 0o600 });
    const clock = realClock();
    const connection = await connect(await loadKubeConfig({ kubeconfig: served.kubeconfig }), clock);
    return new ServedSite(connection.kube, folder, clock, async () => {
      await connection[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });
  }

  async namespace(name: string, labels: Record<string, string> = {}): Promise<void> {
    await this.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }

  /** Creates a VM and waits until it is Ready; returns its VMI. */
  async runVm(namespace: string, name: string, options: VmOptions = {}): Promise<VirtualMachineInstance> {
    for (const manifest of vm(name, options).manifests) {
      await this.kube.create({ ...manifest, metadata: { ...manifest.metadata, namespace } });
    }
    return this.untilReady(namespace, name);
  }

  untilReady(namespace: string, name: string): Promise<VirtualMachineInstance> {
    return waitUntil(this.#clock, {
      what: `${name} to be Ready`,
      limitMs: 60_000,
      look: async () => {
        const vmi = await this.vmi(namespace, name);
        return vmi !== null && condition(vmi, "Ready")?.status === "True" ? vmi : notYet("it is not");
      },
    });
  }

  vmi(namespace: string, name: string): Promise<VirtualMachineInstance | null> {
    return this.kube.get(virtualMachineInstances, name, namespace);
  }

  /** Options of the command line that mean this site. */
  get words(): string[] {
    return ["--cluster", "existing", "--context", context, "--kubeconfig", this.kubeconfig];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
