import { everyStrategy, experiment, oomKill } from "rebound";

/** Practice "Accident recovery": a VM whose container ran out of memory is killed and, if it is meant to run, started again. */
export default experiment({
  id: "oom-kill",
  title: "A VM killed at its memory limit comes back under Always and RerunOnFailure",
  practices: ["run-strategy", "accident-recovery"],
  fault: oomKill(),
  variants: everyStrategy({ memoryLimit: "256Mi" }),
});
