import type { Container, Pod } from "../../../kube/objects.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { Exit } from "../../node/process.ts";
import type { World } from "../../world.ts";
import { labels } from "../names.ts";
import { Launcher, type LauncherListener } from "./launcher.ts";

/** The launchers that run, by node and by VMI, and who wants to hear of them. */
export class Launchers implements LauncherListener {
  readonly #byNode = new Map<string, Map<string, Launcher>>();
  readonly #byVmi = new Map<string, Launcher[]>();
  readonly #listeners: LauncherListener[] = [];
  readonly #watched = new Set<SimulatedMachine>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
  }

  listen(listener: LauncherListener): void {
    this.#listeners.push(listener);
  }

  /** The launcher of that VMI on that node, as its sockets there show it. */
  on(node: string, vmiUid: string): Launcher | undefined {
    return this.#byNode.get(node)?.get(vmiUid);
  }

  /** All launchers on that node. */
  allOn(node: string): Launcher[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  /** The launcher that has that VMI's guest; where none has, the newest. */
  of(vmiUid: string): Launcher | undefined {
    const launchers = this.#byVmi.get(vmiUid) ?? [];
    return launchers.find(({ domain }) => domain?.hasGuest === true) ?? launchers.at(-1);
  }

  changed(launcher: Launcher): void {
    for (const listener of this.#listeners) listener.changed(launcher);
  }

  gone(launcher: Launcher): void {
    const { vmiUid, machine } = launcher;
    if (this.on(machine.node, vmiUid) === launcher) this.#byNode.get(machine.node)!.delete(vmiUid);
    const others = (this.#byVmi.get(vmiUid) ?? []).filter((one) => one !== launcher);
    if (others.length === 0) this.#byVmi.delete(vmiUid);
    else this.#byVmi.set(vmiUid, others);
    for (const listener of this.#listeners) listener.gone(launcher);
  }

  #start(
    pod: Pod,
    container: Container,
    machine: SimulatedMachine,
    exited: (exit: Exit) => void,
  ): Launcher | undefined {
    if (container.name !== "compute" || pod.metadata.labels?.[labels.app] !== "virt-launcher") return undefined;
    const launcher = new Launcher(this.#world, pod, container, machine, exited, this);
    this.#watch(machine);
    this.#byVmi.set(launcher.vmiUid, [...(this.#byVmi.get(launcher.vmiUid) ?? []), launcher]);
    let here = this.#byNode.get(machine.node);
    if (here === undefined) this.#byNode.set(machine.node, (here = new Map<string, Launcher>()));
    here.set(launcher.vmiUid, launcher);
    return launcher;
  }

  #watch(machine: SimulatedMachine): void {
    if (this.#watched.has(machine)) return;
    this.#watched.add(machine);
    machine.onChange(() => {
      for (const launcher of this.allOn(machine.node)) {
        if (machine.powered) this.changed(launcher);
        else this.gone(launcher);
      }
    });
  }
}
