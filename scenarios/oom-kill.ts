import { everyRunStrategy, everyStrategy, experiment, oomKill } from "rebound";

/**
 * Practices "Accident recovery" and "Node overload": a VM that ran out of memory is said to be migrated, if its
 * eviction strategy is LiveMigrate. It is killed, and, if it is meant to run, started again.
 */
export default [
  experiment({
    id: "oom-kill",
    title: "A VM killed at its memory limit comes back under Always and RerunOnFailure",
    practices: ["run-strategy", "accident-recovery"],
    fault: oomKill(),
    variants: everyStrategy({ memoryLimit: "256Mi" }),
  }),
  experiment({
    id: "oom-kill-live-migrate",
    title: "A VM killed at its memory limit is not migrated, whatever its eviction strategy",
    practices: ["run-strategy", "accident-recovery", "node-overload"],
    fault: oomKill(),
    variants: everyRunStrategy({ memoryLimit: "256Mi", evictionStrategy: "LiveMigrate" }),
  }),
];
