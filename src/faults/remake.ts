import { apiCut } from "./api-cut.ts";
import { apiSlow } from "./api-slow.ts";
import { componentStop, type ComponentStopOptions } from "./component-stop.ts";
import { drain } from "./drain.ts";
import { during } from "./during.ts";
import type { Fault } from "./fault.ts";
import { guestHang } from "./guest-hang.ts";
import { guestOom } from "./guest-oom.ts";
import { guestPanic } from "./guest-panic.ts";
import { guestPoweroff } from "./guest-poweroff.ts";
import { guestReboot } from "./guest-reboot.ts";
import { kubeletStop } from "./kubelet-stop.ts";
import { launcherKill } from "./launcher-kill.ts";
import { liveMigration } from "./live-migration.ts";
import { libvirtKill } from "./libvirt-kill.ts";
import { migrationCrash } from "./migration-crash.ts";
import { nodeFreeze } from "./node-freeze.ts";
import { nodePartition } from "./node-partition.ts";
import { nodePressure } from "./node-pressure.ts";
import { nodeShutdown } from "./node-shutdown.ts";
import { oomKill } from "./oom-kill.ts";
import { podDelete } from "./pod-delete.ts";
import { probeFailure } from "./probe-failure.ts";
import { runtimeStop } from "./runtime-stop.ts";
import { startCrash } from "./start-crash.ts";
import { virtctlRestart } from "./virtctl-restart.ts";
import { virtctlStop } from "./virtctl-stop.ts";
import { vmCrash } from "./vm-crash.ts";
import { vmiDelete } from "./vmi-delete.ts";

/** Every fault by its name, made of the parameters that it shows. */
const makers: Record<string, (parameters: Record<string, unknown>) => Fault> = {
  "api-cut": apiCut,
  "api-slow": apiSlow,
  "component-stop": (parameters) => componentStop(parameters as unknown as ComponentStopOptions),
  drain,
  "guest-hang": guestHang,
  "guest-oom": guestOom,
  "guest-panic": guestPanic,
  "guest-poweroff": guestPoweroff,
  "guest-reboot": guestReboot,
  "kubelet-stop": kubeletStop,
  "launcher-kill": launcherKill,
  "libvirt-kill": libvirtKill,
  "live-migration": liveMigration,
  "migration-crash": migrationCrash,
  "node-freeze": nodeFreeze,
  "node-partition": nodePartition,
  "node-pressure": nodePressure,
  "node-shutdown": nodeShutdown,
  "oom-kill": oomKill,
  "pod-delete": podDelete,
  "probe-failure": probeFailure,
  "runtime-stop": runtimeStop,
  "start-crash": startCrash,
  "virtctl-restart": virtctlRestart,
  "virtctl-stop": virtctlStop,
  "vm-crash": vmCrash,
  "vmi-delete": vmiDelete,
};

/** A fault of Rebound's own as it was before it was written down as its name and parameters; null where there is none of that name. */
export function remakeFault(
  name: string,
  { during: background, ...parameters }: Record<string, unknown>,
): Fault | null {
  const fault = makers[name]?.(parameters) ?? null;
  if (fault === null || background === undefined) return fault;
  const { fault: backgroundName, ...rest } = background as { fault: string };
  const other = remakeFault(backgroundName, rest);
  return other === null ? null : during(other, fault);
}
