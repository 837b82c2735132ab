import type { EvictionStrategy, KubeObject, Node } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { hyperConvergedEvictionStrategy } from "../settings.ts";
import type { World } from "../world.ts";
import type { MigrationConfiguration } from "./configuration.ts";
import { namespace } from "./names.ts";

/** The one object of the HyperConverged Cluster Operator, narrowed to what it says of evictions and migrations. */
export interface HyperConverged extends KubeObject {
  spec: {
    virtualization?: {
      evictionStrategy?: EvictionStrategy;
      liveMigrationConfig?: Partial<MigrationConfiguration>;
      workloadUpdateStrategy?: object;
    };
  };
  status?: { infrastructureHighlyAvailable?: boolean };
}

interface KubeVirt extends KubeObject {
  spec: { configuration?: Record<string, unknown>; workloadUpdateStrategy?: object };
}

const resource = "hyperconvergeds";
/** It has this name, or it is none. */
const name = "kubevirt-hyperconverged";

/** What HCO makes of what its object leaves out (HCO's docs/cluster-configuration.md). */
const defaults = {
  liveMigrationConfig: {
    allowAutoConverge: false,
    allowPostCopy: false,
    allowWorkloadDisruption: false,
    completionTimeoutPerGiB: 150,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
  },
  workloadUpdateStrategy: {
    batchEvictionInterval: "1m0s",
    batchEvictionSize: 10,
    workloadUpdateMethods: ["LiveMigrate"],
  },
} as const;

/**
 * The HyperConverged Cluster Operator, as far as virtual machines feel it: fills in its object and keeps the KubeVirt
 * object as that says, whoever else writes there. It runs beside the controller manager.
 */
export function startHyperConverged(world: World): void {
  const { store } = world;
  const queue = new WorkQueue(world, "hyperconverged", "kube-controller-manager", () => {
    const found = store.get<HyperConverged>(resource, namespace, name);
    if (found !== undefined && found.metadata.deletionTimestamp === undefined)
      keepKubeVirt(world, complete(world, found));
  });
  store.subscribe(({ resource: changed, verb }) => {
    const nodeCame = changed === "nodes" && verb !== "MODIFIED";
    if (changed === resource || changed === "kubevirts" || nodeCame) queue.add(name);
  });
  store.create<HyperConverged>(resource, {
    apiVersion: "hco.kubevirt.io/v1",
    kind: "HyperConverged",
    metadata: { name, namespace },
    spec: { virtualization: { evictionStrategy: world.settings.evictionStrategy } },
  });
}

/** The object with its defaults, which are written into it. */
function complete(world: World, { spec, metadata }: HyperConverged): HyperConverged["spec"]["virtualization"] & object {
  const workers = world.store.list<Node>("nodes").filter(isWorker).length;
  const { virtualization } = spec;
  const completed = {
    ...virtualization,
    evictionStrategy: virtualization?.evictionStrategy ?? hyperConvergedEvictionStrategy(workers),
    liveMigrationConfig: { ...defaults.liveMigrationConfig, ...virtualization?.liveMigrationConfig },
    workloadUpdateStrategy: { ...defaults.workloadUpdateStrategy, ...virtualization?.workloadUpdateStrategy },
  };
  world.store.mutate<HyperConverged>(resource, metadata.namespace, metadata.name, (draft) => {
    draft.spec.virtualization = completed;
    draft.status = { ...draft.status, infrastructureHighlyAvailable: workers > 1 };
  });
  return completed;
}

function keepKubeVirt(world: World, virtualization: HyperConverged["spec"]["virtualization"] & object): void {
  const { evictionStrategy, liveMigrationConfig, workloadUpdateStrategy } = virtualization;
  world.store.mutate<KubeVirt>("kubevirts", namespace, "kubevirt", ({ spec }) => {
    spec.configuration = { ...spec.configuration, evictionStrategy, migrations: liveMigrationConfig };
    if (workloadUpdateStrategy !== undefined) spec.workloadUpdateStrategy = workloadUpdateStrategy;
  });
}

function isWorker({ metadata }: Node): boolean {
  return metadata.labels?.["node-role.kubernetes.io/control-plane"] === undefined;
}
