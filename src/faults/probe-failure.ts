import type { Capability } from "../cluster/cluster.ts";
import type { PlannedVariant } from "../experiment/plan.ts";
import type { Probe } from "../kube/objects.ts";
import { vmiSpecOf } from "../workload/variant.ts";
import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

export interface ProbeFailureOptions {
  /** Which probe of the VM fails; `liveness` by default. */
  probe?: "liveness" | "readiness";
  /**
   * `port-closed`: the probed port stops answering while the guest still obeys ACPI. `guest-hung`: the guest
   * answers nothing and obeys nothing. By default the port is closed.
   */
  how?: "port-closed" | "guest-hung";
}

/** Makes the victims fail a probe of theirs; the revert opens a closed port again, a hung guest stays hung. */
export function probeFailure({ probe = "liveness", how = "port-closed" }: ProbeFailureOptions = {}): Fault {
  const needs: Capability[] = [how === "port-closed" ? "guest-port" : "hang-guest"];
  return {
    name: "probe-failure",
    parameters: { probe, how },
    scope: "vm",
    sharing: "independent",
    summary: `the ${probe} probe fails: ${how === "port-closed" ? "its port stops answering" : "the guest hangs"}`,
    needs,
    unfit: (variant) => {
      const probed = probeOf(variant, probe);
      if (probed === undefined) return `it has no ${probe} probe to fail`;
      if (how === "port-closed" && portOf(probed) === undefined) return `its ${probe} probe asks no numbered port`;
      return null;
    },
    targets: (victims) =>
      victims.map(({ variant, vmi, node }) =>
        how === "guest-hung"
          ? `guest of ${vmi.name} on ${node}`
          : `port ${probedPort(variant, probe)} of ${vmi.name} on ${node}`,
      ),
    inject: ({ actuators }, victims) =>
      hitEach(victims, ({ variant, vmi }) =>
        how === "guest-hung" ? actuators.hangGuest(vmi) : actuators.closePort(vmi, probedPort(variant, probe)),
      ),
    revert: async ({ actuators }, victims) => {
      if (how === "guest-hung") return;
      await hitEach(victims, ({ variant, vmi }) => actuators.openPort(vmi, probedPort(variant, probe)));
    },
  };
}

/** The variant's probe of that name, if it has one. */
function probeOf(
  variant: Pick<PlannedVariant, "kind" | "manifests">,
  name: "liveness" | "readiness",
): Probe | undefined {
  const spec = vmiSpecOf(variant);
  return name === "liveness" ? spec.livenessProbe : spec.readinessProbe;
}

function portOf(probe: Probe): number | undefined {
  const port = Number(probe.tcpSocket?.port ?? probe.httpGet?.port);
  return Number.isInteger(port) ? port : undefined;
}

function probedPort(variant: PlannedVariant, name: "liveness" | "readiness"): number {
  const probe = probeOf(variant, name);
  const port = probe === undefined ? undefined : portOf(probe);
  if (port === undefined) throw new Error(`${variant.name} has no ${name} probe with a numbered port`);
  return port;
}
