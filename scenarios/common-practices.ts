import {
  confined,
  everyRunStrategy,
  experiment,
  instancetype,
  neverUp,
  nodeShutdown,
  ofInstancetype,
  ofPreference,
  onEveryOther,
  outOfServiceTaint,
  pinned,
  preference,
  refused,
  replicaSet,
  shareOfNode,
  vm,
  vmCrash,
} from "rebound";

const size = instancetype("clarge");
const clusterSize = instancetype("clarge", { clusterWide: true });

/** More than half of a node's memory: two that request it do not fit on one. */
const memory = shareOfNode(55);
const huge = { resources: { requests: { memory } } };

/** The ways to ask for as much, and with them the quality of service: Burstable, Guaranteed, and what an instance type makes. */
const tooLarge = {
  requests: [confined(vm("huge", huge)), vm("overcommitted", { memory, resources: { requests: { memory: "128Mi" } } })],
  guaranteed: [confined(vm("huge", { resources: { requests: { memory, cpu: "1" }, limits: { memory, cpu: "1" } } }))],
  "instance-type": [confined(ofInstancetype(vm("huge"), instancetype("chuge", { memory })))],
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
    title:
      "A VM that may run on one node alone is not saved by a remedy when that node is lost, but by its return, if it is meant to run",
    practices: ["placement"],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [outOfServiceTaint()],
    variants: [vm("anywhere"), ...everyRunStrategy().map(pinned)],
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
      variants: [...larger, vm("small"), onEveryOther(replicaSet("huge-elsewhere", huge))],
    }),
  ),
];
