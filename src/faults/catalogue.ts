import { drain } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { liveMigration } from "./live-migration.ts";
import { guestHang } from "./guest-hang.ts";
import { guestPanic } from "./guest-panic.ts";
import { guestPoweroff } from "./guest-poweroff.ts";
import { guestReboot } from "./guest-reboot.ts";
import { kubeletStop } from "./kubelet-stop.ts";
import { launcherKill } from "./launcher-kill.ts";
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

/** Every fault, in each of its kinds. */
export const faults: readonly Fault[] = [
  vmCrash(),
  launcherKill(),
  guestPoweroff(),
  guestReboot(),
  guestPanic(),
  guestHang(),
  podDelete(),
  podDelete({ force: true }),
  vmiDelete(),
  virtctlStop(),
  virtctlRestart(),
  oomKill(),
  liveMigration(),
  drain(),
  probeFailure({ probe: "liveness", how: "port-closed" }),
  probeFailure({ probe: "liveness", how: "guest-hung" }),
  probeFailure({ probe: "readiness", how: "port-closed" }),
  probeFailure({ probe: "readiness", how: "guest-hung" }),
  nodeShutdown({ how: "power-loss" }),
  nodeShutdown({ how: "orderly" }),
  nodeFreeze(),
  nodePartition(),
  kubeletStop(),
  nodePressure(),
];
