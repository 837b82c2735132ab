import { EnvironmentError } from "../../errors.ts";
import { callEngine, isNoSuch, type ContainerRuntime } from "./container-runtime.ts";

/** Labels that kind puts on the containers it makes its nodes from. */
export const clusterLabel = "io.x-k8s.kind.cluster";
const roleLabel = "io.x-k8s.kind.role";

/** A node's container as the engine sees it; a plain value, so that it can be kept and compared. */
export interface NodeContainer {
  id: string;
  /** Also the name of the Kubernetes node. */
  name: string;
  role: string;
  state: "created" | "running" | "paused" | "restarting" | "exited" | "dead" | "removing";
  /** Of its first process, on the engine's machine; 0 when it does not run. */
  pid: number;
  exitCode: number;
  /** ISO time; the year 1 when it never ended. */
  finishedAt: string;
  /** IPv4 and IPv6 addresses, sorted; none when it does not run. */
  addresses: string[];
}

/** The nodes of one kind cluster, by kind's labels: names are not evidence. */
export class NodeContainers {
  readonly runtime: ContainerRuntime;
  readonly cluster: string;

  constructor(runtime: ContainerRuntime, cluster: string) {
    this.runtime = runtime;
    this.cluster = cluster;
  }

  /** All of them, running or not, by name. */
  async list(signal?: AbortSignal): Promise<NodeContainer[]> {
    const { engine } = this.runtime;
    const filters = { label: [`${clusterLabel}=${this.cluster}`, roleLabel] };
    const found = await callEngine(
      this.runtime,
      `list the nodes of cluster ${this.cluster}`,
      (abortSignal) => engine.listContainers({ all: true, filters, abortSignal }),
      { signal },
    );
    const nodes = await Promise.all(found.map(({ Id }) => this.#inspect(Id, signal)));
    return nodes.filter((node) => node !== null).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @throws EnvironmentError where the cluster has no such node */
  async find(name: string, signal?: AbortSignal): Promise<NodeContainer> {
    const nodes = await this.list(signal);
    const node = nodes.find((each) => each.name === name);
    if (node) return node;
    const there = nodes.length === 0 ? "it has no nodes" : `there are ${nodes.map((each) => each.name).join(", ")}`;
    throw new EnvironmentError(`the kind cluster ${this.cluster} has no node ${name}; ${there}`);
  }

  async #inspect(id: string, signal?: AbortSignal): Promise<NodeContainer | null> {
    try {
      const found = await callEngine(
        this.runtime,
        `inspect container ${id.slice(0, 12)}`,
        (abortSignal) => this.runtime.engine.getContainer(id).inspect({ abortSignal }),
        { signal },
      );
      const networks = Object.values(found.NetworkSettings.Networks);
      return {
        id,
        name: found.Name.replace(/^\//, ""),
        role: found.Config.Labels[roleLabel] ?? "",
        state: found.State.Status as NodeContainer["state"],
        pid: found.State.Pid,
        exitCode: found.State.ExitCode,
        finishedAt: found.State.FinishedAt,
        addresses: networks
          .flatMap(({ IPAddress, GlobalIPv6Address }) => [IPAddress, GlobalIPv6Address])
          .filter(Boolean)
          .sort(),
      };
    } catch (error) {
      // Removed since it was listed.
      if (isNoSuch(error)) return null;
      throw error;
    }
  }
}

/** A node whose processes can be told something. */
export function mustRun({ name, state }: NodeContainer): void {
  if (state !== "running") throw new EnvironmentError(`node ${name} is ${state}, not running`);
}
