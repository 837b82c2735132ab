import type { Container, Pod, VirtualMachineInstance } from "../../kube/objects.ts";
import type { SimulatedMachine } from "../node/machine.ts";
import type { Exit } from "../node/process.ts";
import type { World } from "../world.ts";
import { VirtHandler } from "./handler/virt-handler.ts";
import { InstancesByNode } from "./instances-by-node.ts";
import type { Launcher, LauncherListener } from "./launcher/launcher.ts";
import type { Launchers } from "./launcher/launchers.ts";

/** The virt-handlers that run, one on each node, and the way of VMIs and domains to them. */
export class Handlers implements LauncherListener {
  readonly instances: InstancesByNode;
  readonly #world: World;
  readonly #launchers: Launchers;
  readonly #byNode = new Map<string, VirtHandler>();
  readonly #watched = new Set<string>();

  constructor(world: World, launchers: Launchers) {
    this.#world = world;
    this.#launchers = launchers;
    this.instances = new InstancesByNode(world.store, (node, vmi, here) => this.#instanceChanged(node, vmi, here));
    launchers.listen(this);
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
  }

  /** The virt-handler of that node, while it runs. */
  on(node: string): VirtHandler | undefined {
    const handler = this.#byNode.get(node);
    return handler?.alive === true ? handler : undefined;
  }

  changed(launcher: Launcher): void {
    this.on(launcher.machine.node)?.domainChanged(launcher);
  }

  gone(launcher: Launcher): void {
    this.on(launcher.machine.node)?.launcherGone(launcher);
  }

  #start(
    pod: Pod,
    { name }: Container,
    machine: SimulatedMachine,
    exited: (exit: Exit) => void,
  ): VirtHandler | undefined {
    if (name !== "virt-handler") return undefined;
    const { node } = machine;
    const handler = new VirtHandler(this.#world, pod, machine, this.#launchers, () => this.instances.on(node), exited);
    this.#byNode.set(node, handler);
    if (!this.#watched.has(node)) {
      this.#watched.add(node);
      this.#world.onReachChange(node, () => this.#byNode.get(node)?.reachChanged());
    }
    return handler;
  }

  #instanceChanged(node: string, vmi: VirtualMachineInstance, here: boolean): void {
    const handler = this.on(node);
    if (here) handler?.seen(vmi);
    else handler?.unseen(vmi);
  }
}
