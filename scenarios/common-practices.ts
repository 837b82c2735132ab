import {
  elsewhere,
  experiment,
  instancetype,
  neverUp,
  nodeShutdown,
  ofInstancetype,
  ofPreference,
  outOfServiceTaint,
  pinned,
  preference,
  refused,
  vm,
  vmCrash,
} from "rebound";

const size = instancetype("clarge");
const clusterSize = instancetype("clarge", { clusterWide: true });

/** Asks for more than half of a simulated node's memory: two of these do not fit on one. */
const huge = { memory: "4Gi", resources: { requests: { memory: "17Gi" } } };

/** The ways to ask for as much, and with them the quality of service: Burstable, Guaranteed, and what an instance type makes. */
const tooLarge = {
  requests: [vm("huge", huge), vm("overcommitted", { memory: "17Gi", resources: { requests: { memory: "128Mi" } } })],
  guaranteed: [
    vm("huge", { resources: { requests: { memory: "17Gi", cpu: "1" }, limits: { memory: "17Gi", cpu: "1" } } }),
  ],
  "instance-type": [ofInstancetype(vm("huge"), instancetype("chuge", { memory: "17Gi" }))],
};

/**
 * Practice "Common practices": resources in the template or by instance type, and a node selector. However its size is
 * said, a VM comes back; where it may go decides whether it does.
 */
export default [
  experiment({
    id: "sizes-crash",
    title:
      "A VM comes back from a crash however its size is said; one whose instance type is missing or contradicted never starts",
    practices: ["resources", "instance-type"],
    fault: vmCrash(),
    variants: [
      vm("requests", { resources: { requests: { memory: "128Mi", cpu: "100m" } } }),
      vm("requests-and-limits", {
        resources: { requests: { memory: "128Mi", cpu: "100m" }, limits: { memory: "512Mi", cpu: "1" } },
      }),
      vm("guaranteed", {
        resources: { requests: { memory: "256Mi", cpu: "1" }, limits: { memory: "256Mi", cpu: "1" } },
      }),
      vm("overcommitted", { memory: "256Mi", resources: { requests: { memory: "128Mi" } } }),
      ofInstancetype(vm("instance-type"), size),
      ofInstancetype(vm("cluster-instance-type"), clusterSize),
      ofPreference(ofInstancetype(vm("instance-type-and-preference"), instancetype("csmall")), preference("linux")),
      refused(ofInstancetype(vm("instance-type-and-own-resources"), instancetype("contradicted"), { besideOwn: true })),
      neverUp(ofInstancetype(vm("missing-instance-type"), instancetype("nowhere"), { missing: true })),
    ],
  }),
  experiment({
    id: "placement-crash",
    title: "A VM that may run on one node alone comes back there from a crash; one that fits none never starts",
    practices: ["placement"],
    fault: vmCrash(),
    variants: [
      vm("anywhere"),
      pinned(vm("one-node")),
      neverUp(vm("no-node", { nodeSelector: { rack: "none-of-these" } })),
    ],
  }),
  experiment({
    id: "placement-node-loss",
    title: "A VM that may run on one node alone is not saved by a remedy when that node is lost, but by its return",
    practices: ["placement"],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [outOfServiceTaint()],
    variants: [vm("anywhere"), pinned(vm("one-node"))],
    expectAfter: {
      "out-of-service-taint": { "one-node": "stuck" },
      return: { "one-node": { outcome: "resumed", within: "90s" } },
    },
  }),
  ...Object.entries(tooLarge).map(([way, larger]) =>
    experiment({
      id: `no-room-${way}`,
      title:
        "A VM for which no other node has room is not saved by a remedy when its node is lost, but by its return; " +
        "one that asks for less than it uses is",
      practices: ["resources", ...(way === "instance-type" ? ["instance-type"] : [])],
      fault: nodeShutdown(),
      observe: "100s",
      remedies: [outOfServiceTaint()],
      variants: [...larger, vm("small"), elsewhere(vm("huge-beside", huge)), elsewhere(vm("huge-too", huge))],
      expectAfter: {
        "out-of-service-taint": { huge: "stuck" },
        return: { huge: { outcome: "resumed", within: "90s" } },
      },
    }),
  ),
];
