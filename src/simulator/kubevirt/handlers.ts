import type { Container, Pod, VirtualMachineInstance } from "../../kube/objects.ts";
import type { SimulatedMachine } from "../node/machine.ts";
import type { Exit, Process } from "../node/process.ts";
import type { World } from "../world.ts";
import { VirtHandler } from "./handler/virt-handler.ts";
import { InstancesByNode } from "./instances-by-node.ts";
import { labels } from "./names.ts";
import type { Launcher, LauncherListener } from "./launcher/launcher.ts";
import type { Launchers } from "./launcher/launchers.ts";

/** The init container of a virt-handler's pod, and how long it takes in milliseconds, as seen. */
export const labellerContainer = "virt-launcher";
const labellerMs = [3_800, 5_200] as const;

/** The virt-handlers that run, one on each node, and the way of VMIs and domains to them. */
export class Handlers implements LauncherListener {
  readonly instances: InstancesByNode;
  /** The VMIs on their way to each node. */
  readonly #arriving: InstancesByNode;
  readonly #world: World;
  readonly #launchers: Launchers;
  readonly #byNode = new Map<string, VirtHandler>();
  /** Starts the virt-handler of a node, in the container that runs there, anew. */
  readonly #restarts = new Map<string, () => void>();
  readonly #held = new Set<string>();
  readonly #watched = new Set<string>();

  constructor(world: World, launchers: Launchers) {
    this.#world = world;
    this.#launchers = launchers;
    const { store } = world;
    this.instances = new InstancesByNode(store, labels.nodeName, (node, vmi, here) => {
      if (here) this.on(node)?.seen(vmi);
      else this.on(node)?.unseen(vmi);
    });
    this.#arriving = new InstancesByNode(store, labels.migrationTarget, (node, vmi, here) => {
      if (here) this.on(node)?.arrivals.seen(vmi);
      else this.on(node)?.arrivals.unseen(vmi);
    });
    launchers.listen(this);
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
  }

  /** The virt-handler of that node, while it runs. */
  on(node: string): VirtHandler | undefined {
    const handler = this.#byNode.get(node);
    return handler?.alive === true ? handler : undefined;
  }

  /** What runs on that node, by its label. */
  instancesOn(node: string): VirtualMachineInstance[] {
    return this.instances.on(node);
  }

  /** What is being migrated to that node, by its label. */
  arrivalsOn(node: string): VirtualMachineInstance[] {
    return this.#arriving.on(node);
  }

  /** Keeps the virt-handler of that node from doing anything, or lets it begin anew. */
  hold(node: string, held: boolean): void {
    if (held) {
      this.#held.add(node);
      this.#byNode.get(node)?.halt();
    } else if (this.#held.delete(node)) this.#restarts.get(node)?.();
  }

  changed(launcher: Launcher): void {
    this.on(launcher.machine.node)?.domainChanged(launcher);
  }

  gone(launcher: Launcher): void {
    this.on(launcher.machine.node)?.launcherGone(launcher);
  }

  #start(pod: Pod, { name }: Container, machine: SimulatedMachine, exited: (exit: Exit) => void): Process | undefined {
    if (pod.metadata.labels?.[labels.app] !== "virt-handler") return undefined;
    if (name === labellerContainer) return this.#label(pod, machine, exited);
    const { node } = machine;
    const create = (): VirtHandler => {
      const fresh = new VirtHandler(this.#world, pod, machine, this.#launchers, this, exited);
      this.#byNode.set(node, fresh);
      if (this.#held.has(node)) fresh.halt();
      return fresh;
    };
    const handler = create();
    this.#restarts.set(node, () => {
      const process = `${pod.metadata.uid}/${name}`;
      if (machine.processes.has(process)) machine.processes.set(process, create());
    });
    if (!this.#watched.has(node)) {
      this.#watched.add(node);
      this.#world.onReachChange(node, () => this.#byNode.get(node)?.reachChanged());
    }
    return handler;
  }

  /** A program that ends by itself, unless it is told to before. */
  #label({ metadata: { uid } }: Pod, machine: SimulatedMachine, exited: (exit: Exit) => void): Process {
    const { random, clock } = this.#world;
    const end = (afterMs: number, exit: Exit): void => void machine.schedule(afterMs, () => exited(exit));
    end(random.between(...labellerMs, uid, "node-labeller", clock.now()), { code: 0, reason: "Completed" });
    return {
      signal: () => end(0, { code: 137, reason: "Error" }),
      probe: () => "success",
      memory: () => 64 * 2 ** 20,
    };
  }
}
