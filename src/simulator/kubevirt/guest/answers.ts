import type { GuestAnswer } from "../../simulation.ts";
import type { Launcher, LauncherListener } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";
import { annotations } from "../names.ts";
import { dataPorts } from "./behaviour.ts";

/** What guests answer to someone off their node, exact in time. */
export class GuestAnswers implements LauncherListener {
  readonly #launchers: Launchers;
  /** Boot ids of the guests that answer now, by VMI. */
  readonly #answering = new Map<string, string>();
  readonly #listeners: ((answer: GuestAnswer) => void)[] = [];
  readonly #touched: ((vmiUid: string) => void)[] = [];

  constructor(launchers: Launchers) {
    this.#launchers = launchers;
    launchers.listen(this);
  }

  /** The boot id that the guest tells now on a port, by default on the one that nobody probes; null where it does not. */
  ask(vmiUid: string, port: number = dataPorts.unprobed): string | null {
    const launcher = this.#launchers.of(vmiUid);
    return launcher === undefined ? null : answerOf(launcher, port);
  }

  /** What the guest has on its disk, as far as it is asked now and answers. */
  markerOf(vmiUid: string): string | null {
    const launcher = this.#launchers.of(vmiUid);
    return launcher === undefined || answerOf(launcher, dataPorts.unprobed) === null
      ? null
      : launcher.domain!.guest.marker;
  }

  /** Calls back whenever a guest's answer on the port that nobody probes has changed. */
  onChange(listener: (answer: GuestAnswer) => void): void {
    this.#listeners.push(listener);
  }

  /** Calls back whenever a guest's answer on any port may have changed. */
  onTouch(listener: (vmiUid: string) => void): void {
    this.#touched.push(listener);
  }

  changed(launcher: Launcher): void {
    this.#note(launcher, this.ask(launcher.vmiUid));
  }

  gone(launcher: Launcher): void {
    this.#note(launcher, this.ask(launcher.vmiUid));
  }

  #note(launcher: Launcher, bootId: string | null): void {
    const { vmiUid, pod } = launcher;
    for (const listener of this.#touched) listener(vmiUid);
    if ((this.#answering.get(vmiUid) ?? null) === bootId) return;
    if (bootId === null) this.#answering.delete(vmiUid);
    else this.#answering.set(vmiUid, bootId);
    const { namespace = "default" } = pod.metadata;
    const name = pod.metadata.annotations?.[annotations.domain] ?? "";
    for (const listener of this.#listeners) listener({ vmiUid, name, namespace, bootId });
  }
}

function answerOf(launcher: Launcher, port: number): string | null {
  const guest = launcher.domain?.guest;
  if (guest === undefined || !launcher.alive || !launcher.machine.reachesCluster) return null;
  return guest.serves(port) ? guest.bootId : null;
}
