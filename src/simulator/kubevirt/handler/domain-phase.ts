import type { VirtualMachineInstance, VmiPhase } from "../../../kube/objects.ts";
import type { DomainState } from "../launcher/domain.ts";

/** What virt-handler knows of a VMI's domain: its state, or why there is none. */
export type SeenDomain = DomainState | "launcher-alive" | "launcher-dead";

/** The VMI's phase as its domain shows it (virt-handler/vm.go: calculateVmPhaseForStatusReason). */
export function phaseOf(vmi: VirtualMachineInstance, domain: SeenDomain): VmiPhase {
  const phase = vmi.status.phase ?? "";
  if (typeof domain === "string") {
    if (phase === "Scheduled") return domain === "launcher-alive" ? "Scheduled" : "Failed";
    return phase === "Running" ? "Failed" : phase;
  }
  if (domain.state === "Running") return "Running";
  if (domain.state === "Paused") return domain.reason === "PostcopyFailed" ? "Failed" : "Running";
  switch (domain.reason) {
    case "Crashed":
    case "Panicked":
      return "Failed";
    case "Destroyed":
      return shutsDownByAcpi(vmi) ? "Failed" : "Succeeded";
    case "Migrated":
      return phase;
    case "Shutdown":
      return "Succeeded";
  }
}

/** Whether a stop begins with an ACPI signal and a grace; without, the domain is destroyed, and that is its proper end. */
export function shutsDownByAcpi(vmi: VirtualMachineInstance): boolean {
  return vmi.spec.domain.features?.acpi?.enabled !== false && vmi.spec.terminationGracePeriodSeconds !== 0;
}
