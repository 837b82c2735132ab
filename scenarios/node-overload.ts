import { bystander, experiment, nodePressure, vm } from "rebound";

/** It uses less of what it requests than the others do, so that it is evicted last. */
const modest = bystander(vm("modest", { resources: { requests: { memory: "1Gi" } } }));

/**
 * Practice "Node overload": with the eviction strategy LiveMigrate the kubelet is said to evict a VM by live migration.
 * It kills it instead, without asking anybody; what is meant to run starts again on another node, from cold.
 */
export default (["Always", "RerunOnFailure", "Manual", "Once"] as const).map((runStrategy) =>
  experiment({
    id: `node-pressure-${runStrategy.toLowerCase()}`,
    title: `A VM under ${runStrategy} on an overloaded node is killed and not migrated, whatever its eviction strategy`,
    practices: ["run-strategy", "accident-recovery", "node-overload"],
    fault: nodePressure(),
    variants: [vm("evicted", { runStrategy, evictionStrategy: "LiveMigrate" }), modest],
  }),
);
