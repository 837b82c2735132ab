import type { PlannedVariant } from "../experiment/plan.ts";
import type { KubeObject, Probe } from "../kube/objects.ts";
import { migrationObstacle } from "./migration-obstacle.ts";
import { vmiSpecOf } from "./variant.ts";

type Described = Pick<PlannedVariant, "kind" | "manifests">;

/** Whether its guest shuts down when it is asked to. */
export function obeysAcpi(variant: Described): boolean {
  const isOn = vmiSpecOf(variant).domain.features?.acpi?.enabled !== false;
  return isOn && templateAnnotationsOf(variant)["guest.rebound.dev/ignores-acpi"] !== "true";
}

/** Whether the platform hears of a kernel panic in its guest. */
export function hasPanicDevice(variant: Described): boolean {
  return vmiSpecOf(variant).domain.devices["panicDevices"] !== undefined;
}

/** Whether a reboot of its guest ends the VMI. */
export function rebootTerminates(variant: Described): boolean {
  return vmiSpecOf(variant).domain["rebootPolicy"] === "Terminate";
}

/** How long its guest is said to boot, in seconds; null where nothing is said. */
export function statedBootSeconds(variant: Described): number | null {
  const said = templateAnnotationsOf(variant)["guest.rebound.dev/boot-seconds"];
  return said === undefined ? null : Number(said);
}

/** What its watchdog device does when nobody feeds it; null where it has none. */
export function watchdogAction(variant: Described): string | null {
  const device = vmiSpecOf(variant).domain.devices["watchdog"] as { i6300esb?: { action?: string } } | undefined;
  return device === undefined ? null : (device.i6300esb?.action ?? "reset");
}

/** How a probe asks: `tcpSocket`, `httpGet`, `exec` or `guestAgentPing`; null where there is no probe. */
function probeKind(probe: Probe | undefined): string | null {
  if (probe === undefined) return null;
  return ["tcpSocket", "httpGet", "exec", "guestAgentPing"].find((kind) => kind in probe) ?? null;
}

/** KubeVirt adds this to the initial delay of every probe (services/template.go: LibvirtStartupDelay). */
const probeStartupDelaySeconds = 10;

/** Whether its liveness probe has failed before its guest has booted, as far as is said how long that takes. */
function isTooTight(variant: Described): boolean {
  const { livenessProbe } = vmiSpecOf(variant);
  const bootSeconds = statedBootSeconds(variant);
  if (livenessProbe === undefined || bootSeconds === null) return false;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = livenessProbe;
  return initialDelaySeconds + probeStartupDelaySeconds + (failureThreshold - 1) * periodSeconds < bootSeconds;
}

/**
 * The attributes of a variant by which a promise may be kept for some and broken for others, each in words. What is
 * as it is by default is left out.
 */
export function traitsOf(
  variant: Described & Pick<PlannedVariant, "pinned" | "neverUp" | "memoryShare">,
): Record<string, string> {
  const { livenessProbe, readinessProbe } = vmiSpecOf(variant);
  const watchdog = watchdogAction(variant);
  const obstacle = migrationObstacle(variant);
  const liveness = probeKind(livenessProbe);
  const readiness = probeKind(readinessProbe);
  return {
    ...(liveness !== null && {
      liveness,
      "liveness probe": isTooTight(variant) ? "tighter than the boot" : "looser than the boot",
    }),
    ...(readiness !== null && { readiness }),
    ...(hasPanicDevice(variant) && { "panic device": "yes" }),
    ...(watchdog !== null && { watchdog }),
    ...(rebootTerminates(variant) && { "reboot policy": "Terminate" }),
    ...(obstacle !== null && { "migration obstacle": obstacle }),
    "shutdown request": obeysAcpi(variant) ? "obeyed" : "ignored",
    ...sizeOf(variant),
    ...(variant.memoryShare !== undefined && { "big memory": variant.memoryShare }),
    ...placementOf(variant),
  };
}

function sizeOf(variant: Described): Record<string, string> {
  const [machine, ...others] = variant.manifests;
  const { instancetype } = machine?.["spec"] as { instancetype?: { kind: string; name: string } };
  if (instancetype !== undefined) {
    const { kind, name } = instancetype;
    const isThere = others.some((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    const reach = kind.includes("Cluster") ? "cluster-wide " : "";
    const besides = vmiSpecOf(variant).domain.resources === undefined ? "" : " beside resources of its own";
    return { size: `${isThere ? "" : "missing "}${reach}instance type${besides}` };
  }
  return vmiSpecOf(variant).domain.resources?.limits === undefined
    ? { size: "requests" }
    : { size: "requests and limits" };
}

function placementOf(variant: Described & Pick<PlannedVariant, "pinned" | "neverUp">): Record<string, string> {
  if (variant.pinned === true) return { "node selector": "fits one node" };
  const { nodeSelector } = vmiSpecOf(variant);
  if (nodeSelector === undefined) return {};
  return { "node selector": variant.neverUp === true ? "fits no node" : "some" };
}

/** The annotations that its VMIs get. */
function templateAnnotationsOf({ kind, manifests: [manifest] }: Described): Record<string, string> {
  if (kind === "VirtualMachineInstance") return manifest?.metadata.annotations ?? {};
  const spec = manifest?.["spec"] as { template?: { metadata?: Partial<KubeObject["metadata"]> } } | undefined;
  return spec?.template?.metadata?.annotations ?? {};
}
