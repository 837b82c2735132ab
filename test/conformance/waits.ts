import type { Settings } from "../../src/simulator/settings.ts";
import type { Cause, Mark } from "./causes.ts";

/** A wait whose length a constant decides: the two clusters may differ by what is drawn at random on each. */
export interface Wait extends Cause {
  constant: string;
  /** What has the same effect without the wait: where one of them comes in between, nothing was waited for. */
  unless?: Mark[];
  toleranceSeconds: (settings: Settings, took: number) => number;
}

const unreachable = "taint node.kubernetes.io/unreachable:NoExecute";
const outOfService = "taint node.kubernetes.io/out-of-service:NoExecute";
const gone: Mark = ["node", "exists", /gone/];

/** Every wait whose length is compared; arrival and a busy machine of two cores cost up to some seconds. */
export const waits: Wait[] = [
  {
    constant: "node monitor grace period",
    cause: ["node", "action", /^(node-kill|node-stop|node-pause|node-disconnect|kubelet-stop)/],
    effect: ["node", "ready", /Unknown/],
    link: "same",
    toleranceSeconds: ({ nodeLeaseRenewSeconds, nodeMonitorPeriodSeconds }) =>
      nodeLeaseRenewSeconds + nodeMonitorPeriodSeconds,
  },
  {
    constant: "unreachable toleration",
    cause: ["node", unreachable, /set/],
    effect: ["pod", "deletion mark", /marked/],
    link: "node",
    unless: [["node", outOfService, /set/], gone],
    toleranceSeconds: () => 5,
  },
  {
    constant: "start back-off",
    cause: ["vm", "failed starts", /^[1-9]/],
    effect: ["vmi", "exists", /created/],
    link: "same",
    // Up to half of it again is drawn at random.
    toleranceSeconds: (_, took) => 3 + took / 2,
  },
  {
    constant: "pod garbage collector's period",
    cause: ["node", outOfService, /set/],
    effect: ["pod", "exists", /gone/],
    link: "node",
    toleranceSeconds: ({ podGcPeriodSeconds }) => podGcPeriodSeconds + 2,
  },
  {
    constant: "pod garbage collector's quarantine",
    cause: gone,
    effect: ["pod", "exists", /gone/],
    link: "node",
    toleranceSeconds: ({ podGcPeriodSeconds }) => podGcPeriodSeconds + 2,
  },
  {
    constant: "command socket watchdog",
    cause: ["vmi", "action", /^kill-launcher/],
    effect: ["vmi", "phase", /^Failed$/],
    link: "same",
    toleranceSeconds: ({ watchdogPollSeconds, watchdogDialSeconds }) => watchdogPollSeconds + watchdogDialSeconds,
  },
  {
    constant: "a dead qemu is reported",
    cause: ["vmi", "action", /^(kill-qemu|guest poweroff -f)/],
    effect: ["vmi", "phase", /^(Failed|Succeeded)$/],
    link: "same",
    toleranceSeconds: () => 5,
  },
  {
    constant: "liveness probe",
    cause: ["pod", "event Unhealthy", /./],
    effect: ["vmi", "event ShuttingDown", /./],
    link: "same",
    toleranceSeconds: () => 3,
  },
  {
    constant: "readiness probe",
    cause: ["vmi", "action", /^guest for .*\bkill\b/],
    effect: ["vmi", "ready", /False/],
    link: "same",
    // The probes of all the recordings come every 5 s.
    toleranceSeconds: () => 6,
  },
  {
    constant: "taint manager's pass over a node that is back",
    cause: ["node", "ready", /True/],
    effect: ["node", unreachable, /^-$/],
    link: "same",
    toleranceSeconds: ({ nodeMonitorPeriodSeconds }) => nodeMonitorPeriodSeconds,
  },
  {
    constant: "taint manager's pass over a node that is lost",
    cause: ["node", "ready", /Unknown/],
    effect: ["node", unreachable, /set/],
    link: "same",
    toleranceSeconds: ({ nodeMonitorPeriodSeconds }) => nodeMonitorPeriodSeconds,
  },
];
