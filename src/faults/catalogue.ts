import { apiCut } from "./api-cut.ts";
import { apiSlow } from "./api-slow.ts";
import { componentStop } from "./component-stop.ts";
import { drain } from "./drain.ts";
import type { Fault } from "./fault.ts";
import { liveMigration } from "./live-migration.ts";
import { guestHang } from "./guest-hang.ts";
import { guestOom } from "./guest-oom.ts";
import { guestPanic } from "./guest-panic.ts";
import { guestPoweroff } from "./guest-poweroff.ts";
import { guestReboot } from "./guest-reboot.ts";
import { kubeletStop } from "./kubelet-stop.ts";
import { launcherKill } from "./launcher-kill.ts";
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

/** Every fault, in each of its kinds. */
export const faults: readonly Fault[] = [
  vmCrash(),
  startCrash(),
  launcherKill(),
  libvirtKill(),
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
  guestOom(),
  liveMigration(),
  migrationCrash({ of: "source" }),
  migrationCrash({ of: "target" }),
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
  runtimeStop(),
  nodePressure(),
  componentStop({ component: "virt-controller" }),
  componentStop({ component: "virt-api" }),
  componentStop({ component: "virt-handler" }),
  apiCut(),
  apiSlow(),
];
