import {
  agentProbe,
  everyRunStrategy,
  everyStrategy,
  execProbe,
  experiment,
  guestOom,
  oomKill,
  tcpProbe,
  vm,
} from "rebound";

/**
 * Practices "Accident recovery" and "Node overload": a VM that ran out of memory is said to be migrated, if its
 * eviction strategy is LiveMigrate. It is killed, and, if it is meant to run, started again. One whose guest runs out of
 * the guest's own memory is not even noticed, unless something asks what serves in it.
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
  experiment({
    id: "guest-oom-unwatched",
    title: "A guest out of its own memory is nobody's business: it stays as it is, whatever its run strategy",
    practices: ["run-strategy"],
    fault: guestOom(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "guest-oom-liveness",
    title:
      "A liveness probe of what serves finds a guest out of memory, and it is shut down: only Always starts it again",
    practices: ["run-strategy", "liveness-probe"],
    fault: guestOom(),
    variants: everyStrategy({ liveness: tcpProbe() }),
  }),
  experiment({
    id: "guest-oom-liveness-ignored",
    title:
      "A guest out of memory that ignores the request to shut down is destroyed, and RerunOnFailure starts it again too",
    practices: ["run-strategy", "liveness-probe"],
    fault: guestOom(),
    variants: everyRunStrategy({ liveness: tcpProbe(), obeysAcpi: false }),
  }),
  experiment({
    id: "guest-oom-unseen",
    title: "Neither agent nor watchdog nor a probe that asks something else sees a guest out of memory",
    practices: ["run-strategy"],
    fault: guestOom(),
    variants: [
      vm("agent", { agent: true, liveness: agentProbe() }),
      vm("exec", { agent: true, liveness: execProbe(["true"]) }),
      vm("watchdog", { watchdog: "poweroff" }),
    ],
  }),
];
