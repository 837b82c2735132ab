import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Random } from "../../random.ts";

/**
 * What a manifest cannot say about the guest in it, said by annotations of the VMI
 * (of `spec.template.metadata` for a VM):
 * - `guest.rebound.dev/boot-seconds`: from power-on to serving; by default 8 to 15, drawn from the seed
 * - `guest.rebound.dev/shutdown-seconds`: from an ACPI signal to power-off; by default 1 to 4
 * - `guest.rebound.dev/ignores-acpi: "true"`: never obeys an ACPI shutdown
 * - `guest.rebound.dev/agent: "true"`: runs a guest agent
 * - `guest.rebound.dev/on-panic: reboot`: its kernel restarts after a panic instead of halting
 * - `guest.rebound.dev/dirty-mib-per-second`: how much of its memory it writes anew; by default 1 to 15
 * - `guest.rebound.dev/start-error`: why virt-handler cannot set its domain up; the VMI fails before it ever runs
 */
const guestAnnotationPrefix = "guest.rebound.dev/";

/** How one guest behaves; durations in milliseconds. */
export interface GuestBehaviour {
  bootMs(boot: number): number;
  shutdownMs(boot: number): number;
  /** Memory written anew, in MiB per second: what a live migration has to send again. */
  dirtyMiBPerSecond: number;
  obeysAcpi: boolean;
  agent: boolean;
  rebootsOnPanic: boolean;
}

/** Why the VMI's domain can never be set up, if so. */
export function startErrorOf(vmi: VirtualMachineInstance): string | undefined {
  return vmi.metadata.annotations?.[`${guestAnnotationPrefix}start-error`];
}

/** The ports a guest serves when nothing else is known of it: data, and data that no probe uses. */
export const dataPorts = { plain: 1500, unprobed: 1501 } as const;

/** Reads a guest's behaviour off its VMI. */
export function behaviourOf(vmi: VirtualMachineInstance, random: Random): GuestBehaviour {
  const said = (name: string): string | undefined => vmi.metadata.annotations?.[guestAnnotationPrefix + name];
  const number = (name: string): number | undefined => {
    const value = Number(said(name));
    return said(name) !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const milliseconds = (name: string): number | undefined => {
    const seconds = number(name);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const { uid } = vmi.metadata;
  const acpi = vmi.spec.domain.features?.acpi?.enabled ?? true;
  return {
    bootMs: (boot) => milliseconds("boot-seconds") ?? random.between(8_000, 15_000, uid, "guest boot", boot),
    shutdownMs: (boot) => milliseconds("shutdown-seconds") ?? random.between(1_000, 4_000, uid, "guest shutdown", boot),
    dirtyMiBPerSecond: number("dirty-mib-per-second") ?? random.between(1, 15, uid, "dirty rate"),
    obeysAcpi: acpi && said("ignores-acpi") !== "true",
    agent: said("agent") === "true",
    rebootsOnPanic: said("on-panic") === "reboot",
  };
}
