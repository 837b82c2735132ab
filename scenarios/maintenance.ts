import {
  confined,
  drain,
  drainNext,
  elsewhere,
  everyRunStrategy,
  everyStrategy,
  experiment,
  liveMigration,
  obstacles,
  onEveryOther,
  paired,
  pinned,
  replicaSet,
  shareOfNode,
  uncordon,
  vm,
  type VmOptions,
} from "rebound";

const many = (count: number, options: VmOptions = {}) =>
  Array.from({ length: count }, (_, index) => vm(`vm-${index}`, options));

/** More than half of a node's memory: two of these do not fit on one. */
const huge = { resources: { requests: { memory: shareOfNode(55) } } };

/** No other node has room for one of these, though one has for the other. */
const full = [
  confined(vm("huge", { ...huge, evictionStrategy: "LiveMigrate" })),
  vm("small", { evictionStrategy: "LiveMigrate" }),
  onEveryOther(replicaSet("huge-elsewhere", huge)),
];

/**
 * Practice "Maintenance of node handling": a drain is said to migrate all VMs away, with the eviction strategy
 * LiveMigrate. What else the strategy may be, what keeps a VM from being migrated, and what a drain then does.
 */
export default [
  experiment({
    id: "live-migration",
    title: "A VM that is migrated on request goes on, whatever its run strategy",
    practices: ["live-migratable"],
    fault: liveMigration(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "live-migration-refused",
    title: "A VM that cannot be migrated, or has nowhere to go, stays as it is when it is asked to",
    practices: ["live-migratable"],
    fault: liveMigration(),
    variants: [
      vm("able"),
      pinned(vm("one-node")),
      ...obstacles.map((obstacle) => vm(obstacle, { obstacle })),
      ...everyRunStrategy({ obstacle: "bridge" }),
    ],
  }),
  experiment({
    id: "drain-live-migrate",
    title: "A drain migrates VMs under LiveMigrate, whatever their run strategy; uncordoning changes nothing more",
    practices: ["node-maintenance", "replica-set-maintenance"],
    fault: drain(),
    variants: [
      ...everyStrategy({ evictionStrategy: "LiveMigrate" }),
      elsewhere(replicaSet("rs-elsewhere", { evictionStrategy: "LiveMigrate" })),
    ],
  }),
  experiment({
    id: "drain-many",
    title: "A drain migrates ten VMs, two at a time",
    practices: ["node-maintenance"],
    fault: drain(),
    variants: many(10, { evictionStrategy: "LiveMigrate" }),
  }),
  experiment({
    id: "live-migration-many",
    title: "Of fifteen VMs that are asked to migrate at once, wherever they are, five do so at a time",
    practices: ["live-migratable"],
    fault: liveMigration(),
    variants: many(15),
  }),
  experiment({
    id: "drain-live-migrate-if-possible",
    title: "A drain migrates VMs under LiveMigrateIfPossible that can be",
    practices: ["node-maintenance"],
    fault: drain(),
    variants: everyRunStrategy({ evictionStrategy: "LiveMigrateIfPossible" }),
  }),
  experiment({
    id: "drain-none",
    title: "A drain shuts VMs down under None: only Always starts them again",
    practices: ["node-maintenance", "run-strategy"],
    fault: drain(),
    variants: everyStrategy({ evictionStrategy: "None" }),
  }),
  experiment({
    id: "drain-none-ignored",
    title: "A drain destroys guests that ignore it under None: Always and RerunOnFailure start them again",
    practices: ["run-strategy"],
    fault: drain(),
    variants: everyRunStrategy({ evictionStrategy: "None", obeysAcpi: false }),
  }),
  ...[
    { id: "drain-none-pinned", how: "shut down", options: {} },
    { id: "drain-none-pinned-ignored", how: "destroyed", options: { obeysAcpi: false } },
  ].map(({ id, how, options }) =>
    experiment({
      id,
      title: `A VM that may run on the drained node alone waits, once it was ${how}, until that is uncordoned`,
      practices: ["placement"],
      fault: drain(),
      variants: everyRunStrategy({ evictionStrategy: "None", ...options }).map(pinned),
    }),
  ),
  experiment({
    id: "drain-cluster-default",
    title: "A drain does to VMs that say nothing what the cluster's own eviction strategy says",
    practices: ["node-maintenance", "cluster-eviction-strategy"],
    fault: drain(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "drain-hyperconverged",
    title: "A drain migrates VMs that say nothing where the HyperConverged Cluster Operator decides",
    practices: ["node-maintenance", "cluster-eviction-strategy"],
    fault: drain(),
    operators: ["hyperconverged-cluster"],
    variants: [...everyStrategy(), vm("bridge", { obstacle: "bridge" })],
  }),
  experiment({
    id: "drain-hyperconverged-none",
    title: "A drain shuts VMs down that say nothing where the HyperConverged Cluster Operator is told None",
    practices: ["run-strategy"],
    fault: drain(),
    operators: ["hyperconverged-cluster"],
    clusterEvictionStrategy: "None",
    variants: everyStrategy(),
  }),
  ...(["LiveMigrate", "LiveMigrateIfPossible", "External"] as const).map((strategy) =>
    experiment({
      id: `drain-cluster-${strategy.toLowerCase()}`,
      title: `A drain does to VMs that say nothing what the cluster says: ${strategy}`,
      practices: ["node-maintenance"],
      fault: drain(),
      clusterEvictionStrategy: strategy,
      variants: [
        ...everyStrategy(),
        vm("bridge", { obstacle: "bridge" }),
        vm("other-in-its-template", { evictionStrategy: "None" }),
      ],
    }),
  ),
  experiment({
    id: "drain-interrupted",
    title: "A drain that is interrupted once it has asked moves the VMs all the same, and leaves the node cordoned",
    practices: ["node-maintenance"],
    fault: drain({ interrupted: true }),
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
  }),
  experiment({
    id: "drain-interrupted-none",
    title: "A drain that is interrupted has shut down by then what nothing protects",
    practices: ["run-strategy"],
    fault: drain({ interrupted: true }),
    variants: everyStrategy({ evictionStrategy: "None" }),
  }),
  experiment({
    id: "drain-two-nodes",
    title:
      "Two nodes are maintained one after the other: once the first is uncordoned, VMs of the second go back to it",
    practices: ["node-maintenance", "replica-set-maintenance"],
    fault: drain(),
    remedies: [uncordon(), drainNext()],
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }).map((variant) =>
      variant.role === "victim" ? paired(variant) : variant,
    ),
  }),
  experiment({
    id: "drain-external",
    title: "A drain waits for somebody else to move VMs under External, and leaves them alone",
    practices: ["node-maintenance"],
    fault: drain(),
    variants: everyRunStrategy({ evictionStrategy: "External" }),
  }),
  ...obstacles.flatMap((obstacle) => [
    experiment({
      id: `drain-${obstacle}`,
      title: `A drain does not get rid of a VM under LiveMigrate that ${obstacle} keeps from being migrated`,
      practices: ["node-maintenance", "live-migratable"],
      fault: drain(),
      variants: everyRunStrategy({ evictionStrategy: "LiveMigrate", obstacle }),
    }),
    experiment({
      id: `drain-${obstacle}-if-possible`,
      title: `A drain shuts a VM under LiveMigrateIfPossible down that ${obstacle} keeps from being migrated`,
      practices: ["run-strategy", "live-migratable"],
      fault: drain(),
      variants: everyRunStrategy({ evictionStrategy: "LiveMigrateIfPossible", obstacle }),
    }),
  ]),
  experiment({
    id: "drain-no-room",
    title: "A drain does not get rid of a VM under LiveMigrate that no other node may run",
    practices: ["node-maintenance", "placement"],
    fault: drain(),
    variants: [
      vm("anywhere", { evictionStrategy: "LiveMigrate" }),
      pinned(vm("one-node", { evictionStrategy: "LiveMigrate" })),
    ],
  }),
  experiment({
    id: "drain-full",
    title: "A drain does not get rid of a VM under LiveMigrate for which no other node has room; the small ones go",
    practices: ["node-maintenance", "resources"],
    fault: drain(),
    // Long enough for the migration to give up, and for the drain to ask again.
    observe: "360s",
    variants: full,
  }),
  experiment({
    id: "drain-room-verified",
    title:
      "A drain before which room is found on the other nodes moves every VM, and the node takes VMs again after it",
    practices: ["node-maintenance", "maintenance-room"],
    fault: drain({ verifyRoom: true }),
    remedies: [uncordon()],
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
  }),
  ...(["LiveMigrateIfPossible", "None", "External"] as const).map((strategy) =>
    experiment({
      id: `drain-room-verified-${strategy.toLowerCase()}`,
      title: `A drain before which room is found does to VMs under ${strategy} what any drain does`,
      practices: ["maintenance-room"],
      fault: drain({ verifyRoom: true }),
      remedies: [uncordon()],
      variants: everyRunStrategy({ evictionStrategy: strategy }),
    }),
  ),
  experiment({
    id: "drain-room-lacks-label",
    title: "A drain is not begun, and touches no VM, where the node selector of one fits no other node",
    practices: ["maintenance-room"],
    fault: drain({ verifyRoom: true }),
    remedies: [uncordon()],
    variants: [
      ...everyStrategy({ evictionStrategy: "LiveMigrate" }),
      pinned(vm("one-node", { evictionStrategy: "LiveMigrate" })),
    ],
  }),
  experiment({
    id: "drain-room-lacks-memory",
    title: "A drain is not begun, and touches no VM, where no other node has the memory that one requests",
    practices: ["maintenance-room", "resources"],
    fault: drain({ verifyRoom: true }),
    variants: full,
  }),
];
