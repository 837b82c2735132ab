import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Timer } from "../../event-clock.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { World } from "../../world.ts";
import { behaviourOf, type GuestBehaviour } from "./behaviour.ts";
import { markerOf } from "./marker.ts";

/** What a guest does to the virtual machine around it. */
export interface GuestHost {
  /** It switched itself off. */
  poweredOff(): void;
  /** Its kernel panicked and told the panic device. */
  panicked(): void;
  /** It asked for a reset of the machine. */
  rebooting(): void;
  /** Nobody fed the watchdog device for its time. */
  watchdogFired(): void;
  /** What it answers may have changed. */
  changed(): void;
}

type GuestState = "off" | "booting" | "running" | "halted";

/** A Linux guest's watchdog daemon sets this (i6300esb driver, `heartbeat`). */
const watchdogSeconds = 30;

/** The operating system in a virtual machine: it boots, serves ports, obeys ACPI or does not, and can go wrong. */
export class Guest {
  readonly vmi: VirtualMachineInstance;
  readonly behaviour: GuestBehaviour;
  #state: GuestState = "off";
  #boots = 0;
  #bootId: string | null = null;
  /** Ports that nothing listens on; a fresh boot listens on all again. */
  readonly #closed = new Set<number>();
  /** Its kernel has killed what served in it, for want of memory; a fresh boot serves again. */
  #exhausted = false;
  /** vCPUs stopped by the hypervisor. */
  #paused = false;
  /** Its vCPUs stand still while the last of its memory moves to another machine. */
  #inTransit = false;
  #waiting: { timer: Timer; at: number; run: () => void }[] = [];
  readonly #world: World;
  #machine: SimulatedMachine;
  #host: GuestHost;

  constructor(world: World, vmi: VirtualMachineInstance, machine: SimulatedMachine, host: GuestHost) {
    this.vmi = vmi;
    this.behaviour = behaviourOf(vmi, world.random);
    this.#world = world;
    this.#machine = machine;
    this.#host = host;
  }

  /** Identity of this boot; null while nothing has booted that could tell it. */
  get bootId(): string | null {
    return this.#state === "running" ? this.#bootId : null;
  }

  /** What it wrote on its disk when it first found none there, as `<volume>/<id>`. */
  get marker(): string | null {
    return markerOf(this.vmi, this.#world.random);
  }

  /** Whether it has not been started. */
  get off(): boolean {
    return this.#state === "off";
  }

  /** Whether its agent talks to the hypervisor. */
  get agentConnected(): boolean {
    return this.behaviour.agent && this.#state === "running" && !this.#paused;
  }

  /** Whether its network stack does anything: answers, or refuses a closed port. */
  get responsive(): boolean {
    return this.#state === "running" && !this.#paused && !this.#inTransit;
  }

  /** Whether something in it accepts connections on that port. */
  serves(port: number): boolean {
    return this.responsive && !this.#exhausted && !this.#closed.has(port);
  }

  /** Starts from cold or anew; serves after its boot time. */
  boot(): void {
    this.#stopTimers();
    this.#boots++;
    this.#bootId = this.#world.random.uuid(this.vmi.metadata.uid, "boot id", this.#boots);
    this.#closed.clear();
    this.#exhausted = false;
    this.#enter("booting");
    this.#after(this.behaviour.bootMs(this.#boots), () => this.#enter("running"));
  }

  /** The hypervisor's power button; a guest still booting has no one to obey. */
  acpiShutdown(): void {
    if (!this.responsive || !this.behaviour.obeysAcpi || this.#waiting.length > 0) return;
    this.#after(this.behaviour.shutdownMs(this.#boots), () => this.powerOff());
  }

  /** Asked to reboot by agent or ACPI: shuts down in order, then boots anew; a guest that obeys neither does nothing. */
  softReboot(): void {
    if (!this.responsive || !(this.behaviour.obeysAcpi || this.behaviour.agent) || this.#waiting.length > 0) return;
    this.#after(this.behaviour.shutdownMs(this.#boots), () => this.#host.rebooting());
  }

  /** Switches itself off at once, as `poweroff -f` does. */
  powerOff(): void {
    this.stop();
    this.#host.poweredOff();
  }

  /** Reboots at once, as `reboot -f` does. */
  reboot(): void {
    this.#host.rebooting();
  }

  /** Its kernel panics: tells the panic device if there is one, else halts, or restarts where it is told to. */
  panic(): void {
    if (this.vmi.spec.domain.devices["panicDevices"] !== undefined) {
      this.stop();
      this.#host.panicked();
    } else if (this.behaviour.rebootsOnPanic) this.#host.rebooting();
    else this.hang();
  }

  /** Its kernel does nothing more and obeys nothing. */
  hang(): void {
    this.#stopTimers();
    this.#enter("halted");
    if (this.vmi.spec.domain.devices["watchdog"] !== undefined) {
      this.#after(watchdogSeconds * 1000, () => this.#host.watchdogFired());
    }
  }

  /** It runs out of memory: its kernel kills the largest process, which is what serves, and goes on. */
  exhaust(): void {
    this.#exhausted = true;
    this.#host.changed();
  }

  closePort(port: number): void {
    this.#closed.add(port);
    this.#host.changed();
  }

  openPort(port: number): void {
    this.#closed.delete(port);
    this.#host.changed();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#host.changed();
  }

  /** Its vCPUs stop for the last part of its memory to be copied. */
  suspendForMove(): void {
    this.#inTransit = true;
    this.#host.changed();
  }

  /** Goes on where it was, on another machine: same boot, same memory, what it was about to do still to come. */
  moveTo(machine: SimulatedMachine, host: GuestHost): void {
    this.#inTransit = false;
    this.#machine = machine;
    this.#host = host;
    const now = this.#world.clock.now();
    for (const { timer, at, run } of this.#waiting.splice(0)) {
      timer.cancel();
      this.#after(at - now, run);
    }
  }

  /** The machine around it is gone. */
  stop(): void {
    this.#stopTimers();
    this.#enter("off");
  }

  #enter(state: GuestState): void {
    this.#state = state;
    this.#host.changed();
  }

  #after(delayMs: number, run: () => void): void {
    const timer = this.#machine.schedule(delayMs, () => {
      this.#waiting = this.#waiting.filter((one) => one.timer !== timer);
      run();
    });
    this.#waiting.push({ timer, at: this.#world.clock.now() + delayMs, run });
  }

  #stopTimers(): void {
    for (const { timer } of this.#waiting.splice(0)) timer.cancel();
  }
}
