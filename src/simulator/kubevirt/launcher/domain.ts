import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { World } from "../../world.ts";
import { Guest, type GuestHost } from "../guest/guest.ts";

/** Why a domain is off, in libvirt's words. */
export type ShutoffReason = "Shutdown" | "Crashed" | "Panicked" | "Destroyed" | "Migrated";

/** Why a domain stands still, where it was not a user: its guest runs elsewhere before all of its memory is there, or was lost on the way. */
export type PauseReason = "Postcopy" | "PostcopyFailed";

/** A libvirt domain's state; a domain that was never started has none. */
export type DomainState =
  | { state: "Running" }
  | { state: "Paused"; reason?: PauseReason }
  | { state: "Shutoff" | "Crashed"; reason: ShutoffReason };

/** One virtual machine as libvirt has it: a qemu process with a guest in it. */
export class Domain implements GuestHost {
  readonly guest: Guest;
  state: DomainState = { state: "Running" };
  readonly #vmi: VirtualMachineInstance;
  readonly #changed: () => void;

  /**
   * Starts qemu; `changed` is called after every change of state and of what the guest answers.
   * @param from the domain whose guest goes on here, running or paused as it was there.
   */
  constructor(
    world: World,
    vmi: VirtualMachineInstance,
    machine: SimulatedMachine,
    changed: () => void,
    from?: Domain,
  ) {
    this.#vmi = vmi;
    this.#changed = changed;
    if (from !== undefined) {
      this.guest = from.guest;
      this.state = from.state;
      this.guest.moveTo(machine, this);
      return;
    }
    this.guest = new Guest(world, vmi, machine, this);
    if (vmi.spec["startStrategy"] === "Paused") this.state = { state: "Paused" };
    else this.guest.boot();
  }

  /** Whether qemu runs. */
  get live(): boolean {
    return this.state.state === "Running" || this.state.state === "Paused";
  }

  /** Whether its guest is here, running or paused. */
  get hasGuest(): boolean {
    return this.state.state === "Running" || (this.state.state === "Paused" && this.state.reason === undefined);
  }

  /** Whether its guest has moved to another machine. */
  get left(): boolean {
    return this.state.state === "Shutoff" && this.state.reason === "Migrated";
  }

  /** Its guest goes on elsewhere: with all of its memory, or with the rest to be fetched from here. */
  release(whole: boolean): void {
    this.state = whole ? { state: "Shutoff", reason: "Migrated" } : { state: "Paused", reason: "Postcopy" };
  }

  /** Part of its guest's memory cannot be had any more: nothing can go on. */
  loseMemory(): void {
    if (!this.live) return;
    this.state = { state: "Paused", reason: "PostcopyFailed" };
    this.guest.stop();
    this.changed();
  }

  /** qemu dies without a word. */
  kill(): void {
    this.#end({ state: "Shutoff", reason: "Crashed" });
  }

  /** libvirt ends qemu, whatever the guest thinks of it. */
  destroy(): void {
    this.#end({ state: "Shutoff", reason: "Destroyed" });
  }

  pause(): void {
    if (this.state.state !== "Running") return;
    this.state = { state: "Paused" };
    this.guest.setPaused(true);
  }

  resume(): void {
    if (this.state.state !== "Paused" || !this.hasGuest) return;
    this.state = { state: "Running" };
    if (this.guest.off) this.guest.boot();
    this.guest.setPaused(false);
  }

  /** The reset button: the guest boots anew in the same qemu. */
  reset(): void {
    if (this.live) this.guest.boot();
  }

  poweredOff(): void {
    this.#end({ state: "Shutoff", reason: "Shutdown" });
  }

  panicked(): void {
    this.#end({ state: "Crashed", reason: "Panicked" });
  }

  rebooting(): void {
    if (this.#vmi.spec.domain["rebootPolicy"] === "Terminate") this.#end({ state: "Shutoff", reason: "Shutdown" });
    else this.reset();
  }

  watchdogFired(): void {
    const device = this.#vmi.spec.domain.devices["watchdog"] as { i6300esb?: { action?: string } } | undefined;
    switch (device?.i6300esb?.action ?? "reset") {
      case "poweroff":
        return this.destroy();
      case "reset":
        return this.reset();
      default:
        return this.guest.acpiShutdown();
    }
  }

  changed(): void {
    this.#changed();
  }

  #end(state: DomainState): void {
    if (!this.live) return;
    this.state = state;
    this.guest.stop();
  }
}
