import { everyStrategy, experiment, probeFailure, served, tcpProbe } from "rebound";

/** Practice "Detecting a broken state": what a liveness and a readiness probe do for each run strategy. */
export default [
  experiment({
    id: "liveness-port-closed",
    title: "A failed liveness probe shuts an obedient guest down: only Always starts it again",
    practices: ["run-strategy", "liveness-probe"],
    fault: probeFailure({ probe: "liveness", how: "port-closed" }),
    variants: everyStrategy({ liveness: tcpProbe() }),
  }),
  experiment({
    id: "liveness-guest-hung",
    title: "A failed liveness probe destroys a hung guest: Always and RerunOnFailure start it again",
    practices: ["run-strategy", "liveness-probe"],
    fault: probeFailure({ probe: "liveness", how: "guest-hung" }),
    variants: everyStrategy({ liveness: tcpProbe() }),
  }),
  experiment({
    id: "readiness-port-closed",
    title: "A failed readiness probe takes a VM out of service and back, and restarts nothing",
    practices: ["readiness-probe"],
    fault: probeFailure({ probe: "readiness", how: "port-closed" }),
    variants: everyStrategy({ readiness: tcpProbe({ initialDelaySeconds: 5 }) }).map(served),
  }),
];
