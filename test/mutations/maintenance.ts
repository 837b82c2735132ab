import type { Mutation } from "./mutation.ts";

const liveMigratable = "src/simulator/kubevirt/handler/live-migratable.ts";
const drain = "src/faults/drain.ts";
const hosting = "src/workload/hosting.ts";

/** Every reason that keeps a VM from being migrated, where a cluster without special hardware can show it, forgotten in the model. */
const obstacles: Mutation[] = [
  {
    what: "a bridge keeps no VM from being migrated",
    file: liveMigratable,
    find: `  if (primary === undefined) return [reason,`,
    replace: `  if (primary !== undefined) return;
  if (primary === undefined) return [reason,`,
    grep: "^not-migratable-drain/bridge$",
  },
  {
    what: "a guest that is told of its clock is migrated all the same",
    file: liveMigratable,
    find: "if (!isOn(reenlightenment)) return;",
    replace: "if (isOn(reenlightenment)) return;",
    grep: "^not-migratable-drain/reenlightenment$",
  },
  {
    what: "a guest that sees all of its host's Hyper-V is migrated all the same",
    file: liveMigratable,
    find: `["HypervPassthroughNotLiveMigratable", "VMI uses hyperv passthrough"];`,
    replace: "undefined;",
    grep: "^not-migratable-drain/hyperv-passthrough$",
  },
  {
    what: "a disk of one node is migrated all the same",
    file: liveMigratable,
    find: `.includes("ReadWriteMany") === true) continue;`,
    replace: `.includes("ReadWriteOnce") === true) continue;`,
    // Two nodes cannot have it at once, so that a migration would come to nothing.
    grep: "^not-migratable-drain-if-possible/disk$",
  },
  {
    what: "a VM that could be migrated is said not to be",
    file: liveMigratable,
    find: "if (primary.masquerade !== undefined || primary.passtBinding !== undefined) return;",
    replace: "",
    grep: "^not-migratable-drain/able$",
  },
];

/** The step before a drain, and the sizes by which a cluster is made full. */
const room: Mutation[] = [
  {
    what: "a drain is begun without room",
    file: drain,
    find: "if (!room.isEnough) return",
    replace: "if (room.detail === null) return",
    grep: "^drain-room-lacks-label/(always|one-node)$",
  },
  {
    what: "a drain is not begun though there is room",
    file: drain,
    find: "if (!room.isEnough) return",
    replace: "if (room.isEnough) return",
    grep: "^drain-room-verified/always$",
  },
  {
    what: "what others request leaves as much room as if they did not",
    file: "src/kube/pod-requests.ts",
    find: "addAmounts(free, negative(podRequests({ ...pod, spec, status })));",
    replace: "void pod;",
    grep: "^drain-room-lacks-memory/",
  },
  {
    what: "a node selector is not looked at before a drain",
    file: "src/faults/room.ts",
    find: "if (!matchesNodeAffinity(pod, node))",
    replace: "if (!matchesNodeAffinity(pod, node) && pod.spec.nodeSelector === undefined)",
    grep: "^drain-room-lacks-label/(always|one-node)$",
  },
  {
    what: "a share of a node is a tenth of it",
    file: "src/workload/node-share.ts",
    find: "form.exec(share)![1])) / 100",
    replace: "form.exec(share)![1])) / 1000",
    grep: "^drain-full/",
  },
  {
    what: "one worker is left empty",
    file: hosting,
    find: "withReplicas(made, host.workers.length - 1)",
    replace: "withReplicas(made, host.workers.length - 2)",
    grep: "^drain-full/",
  },
];

export const maintenance: Mutation[] = [...obstacles, ...room];
