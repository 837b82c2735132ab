import type { ComponentName } from "../cluster/cluster.ts";
import { drain } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { guestHang } from "./guest-hang.ts";
import { guestPanic } from "./guest-panic.ts";
import { guestPoweroff } from "./guest-poweroff.ts";
import { guestReboot } from "./guest-reboot.ts";
import { kubeletStop } from "./kubelet-stop.ts";
import { launcherKill } from "./launcher-kill.ts";
import { liveMigration } from "./live-migration.ts";
import { nodeFreeze } from "./node-freeze.ts";
import { nodePartition } from "./node-partition.ts";
import { nodePressure } from "./node-pressure.ts";
import { nodeShutdown } from "./node-shutdown.ts";
import { oomKill } from "./oom-kill.ts";
import { podDelete } from "./pod-delete.ts";
import { probeFailure } from "./probe-failure.ts";
import { virtctlRestart } from "./virtctl-restart.ts";
import { virtctlStop } from "./virtctl-stop.ts";
import { vmCrash } from "./vm-crash.ts";
import { vmiDelete } from "./vmi-delete.ts";
import { without } from "./without.ts";

/** Every fault by its name, made of the parameters that it shows. */
const makers: Record<string, (parameters: Record<string, unknown>) => Fault> = {
  drain,
  "guest-hang": guestHang,
  "guest-panic": guestPanic,
  "guest-poweroff": guestPoweroff,
  "guest-reboot": guestReboot,
  "kubelet-stop": kubeletStop,
  "launcher-kill": launcherKill,
  "live-migration": liveMigration,
  "node-freeze": nodeFreeze,
  "node-partition": nodePartition,
  "node-pressure": nodePressure,
  "node-shutdown": nodeShutdown,
  "oom-kill": oomKill,
  "pod-delete": podDelete,
  "probe-failure": probeFailure,
  "virtctl-restart": virtctlRestart,
  "virtctl-stop": virtctlStop,
  "vm-crash": vmCrash,
  "vmi-delete": vmiDelete,
};

/** A fault of Rebound's own as it was before it was written down as its name and parameters; null where there is none of that name. */
export function remakeFault(
  name: string,
  { without: component, ...parameters }: Record<string, unknown>,
): Fault | null {
  const fault = makers[name]?.(parameters) ?? null;
  return fault === null || component === undefined ? fault : without(component as ComponentName, fault);
}
