import type { Fault } from "./fault.ts";
import { nodeShutdown } from "./node-shutdown.ts";
import { oomKill } from "./oom-kill.ts";
import { probeFailure } from "./probe-failure.ts";
import { vmCrash } from "./vm-crash.ts";

/** Every fault, in each of its kinds. */
export const faults: readonly Fault[] = [
  vmCrash(),
  nodeShutdown({ how: "power-loss" }),
  nodeShutdown({ how: "orderly" }),
  oomKill(),
  probeFailure({ probe: "liveness", how: "port-closed" }),
  probeFailure({ probe: "liveness", how: "guest-hung" }),
  probeFailure({ probe: "readiness", how: "port-closed" }),
  probeFailure({ probe: "readiness", how: "guest-hung" }),
];
