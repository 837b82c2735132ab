import {
  agentProbe,
  everyRunStrategy,
  execProbe,
  experiment,
  guestHang,
  httpProbe,
  neverUp,
  probeFailure,
  tcpProbe,
  vm,
} from "rebound";

const closed = probeFailure({ probe: "liveness", how: "port-closed" });
const hung = probeFailure({ probe: "liveness", how: "guest-hung" });

/** The document's own probe: `initialDelaySeconds: 120, periodSeconds: 20, tcpSocket: 1500, timeoutSeconds: 10`. */
const vendorProbe = tcpProbe({ initialDelaySeconds: 120, periodSeconds: 20, timeoutSeconds: 10 });

/**
 * Practice "Detecting a broken state": a VM whose service is gone is said to be created anew. That is so for every
 * kind of probe, as far as the run strategy wants a VM back that was shut down; a watchdog device needs no kubelet.
 */
export default [
  experiment({
    id: "liveness-of-the-document",
    title: "The document's own probe ends a VM whose port is closed: only Always starts it again",
    practices: ["liveness-probe"],
    fault: closed,
    variants: everyRunStrategy({ liveness: vendorProbe }),
  }),
  experiment({
    id: "liveness-http-port-closed",
    title: "An HTTP liveness probe does what a TCP probe does",
    practices: ["liveness-probe"],
    fault: closed,
    variants: everyRunStrategy({ liveness: httpProbe() }),
  }),
  experiment({
    id: "liveness-port-closed-ignored",
    title: "A failed liveness probe destroys a guest that ignores the request to shut down",
    practices: ["liveness-probe"],
    fault: closed,
    variants: everyRunStrategy({ liveness: tcpProbe(), obeysAcpi: false }),
  }),
  ...[
    { kind: "http", liveness: httpProbe() },
    { kind: "exec", liveness: execProbe(["true"]), agent: true },
    { kind: "agent", liveness: agentProbe(), agent: true },
  ].map(({ kind, ...options }) =>
    experiment({
      id: `liveness-${kind}-guest-hung`,
      title: `A liveness probe by ${kind} finds a hung guest: Always and RerunOnFailure start it again`,
      practices: ["liveness-probe"],
      fault: hung,
      variants: everyRunStrategy(options),
    }),
  ),
  experiment({
    id: "liveness-timing",
    title:
      "What a liveness probe takes follows its period and threshold; one that is too tight never lets a slow guest up",
    practices: ["liveness-probe"],
    fault: closed,
    variants: [
      vm("every-2s-once", { liveness: tcpProbe({ periodSeconds: 2, failureThreshold: 1 }) }),
      vm("every-10s-3-times", { liveness: tcpProbe({ periodSeconds: 10 }) }),
      vm("every-20s-5-times", { liveness: tcpProbe({ periodSeconds: 20, failureThreshold: 5 }) }),
      vm("slow-boot-and-patient", { bootSeconds: 60, liveness: tcpProbe({ initialDelaySeconds: 60 }) }),
      neverUp(vm("slow-boot-and-too-tight", { bootSeconds: 60, liveness: tcpProbe({ initialDelaySeconds: 5 }) })),
    ],
  }),
  experiment({
    id: "readiness-guest-hung",
    title: "A readiness probe takes a hung guest out of service, and nothing brings it back",
    practices: ["readiness-probe"],
    fault: probeFailure({ probe: "readiness", how: "guest-hung" }),
    variants: everyRunStrategy({ readiness: tcpProbe({ initialDelaySeconds: 5 }) }),
  }),
  experiment({
    id: "hang-unwatched",
    title: "A hung guest that nothing watches stays as it is, whatever its run strategy",
    practices: ["run-strategy"],
    fault: guestHang(),
    variants: everyRunStrategy(),
  }),
  experiment({
    id: "hang-watchdog-poweroff",
    title: "A watchdog device ends a hung guest without the kubelet: Always and RerunOnFailure start it again",
    practices: ["run-strategy"],
    fault: guestHang(),
    variants: everyRunStrategy({ watchdog: "poweroff" }),
  }),
  experiment({
    id: "hang-watchdog-shutdown",
    title: "A watchdog device that asks a hung guest to shut down asks in vain",
    practices: ["run-strategy"],
    fault: guestHang(),
    variants: everyRunStrategy({ watchdog: "shutdown" }),
  }),
  experiment({
    id: "hang-watchdog-reset",
    title: "A watchdog device resets a hung guest, which boots again in the same VMI, whatever its run strategy",
    practices: ["run-strategy"],
    fault: guestHang(),
    variants: everyRunStrategy({ watchdog: "reset" }),
  }),
];
