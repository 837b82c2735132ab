import type { EvictionStrategy, KubeObject } from "../../kube/objects.ts";
import type { World } from "../world.ts";
import { namespace } from "./names.ts";

/** Limits and habits of live migrations, as a VMI's migration state repeats them. */
export interface MigrationConfiguration {
  allowAutoConverge: boolean;
  allowPostCopy: boolean;
  allowWorkloadDisruption: boolean;
  /** A quantity of bytes per second; "0" is no limit. */
  bandwidthPerMigration: string;
  /** Seconds. */
  completionTimeoutPerGiB: number;
  maxDowntimeMs: number;
  nodeDrainTaintKey: string;
  parallelMigrationsPerCluster: number;
  parallelOutboundMigrationsPerNode: number;
  /** Seconds. */
  progressTimeout: number;
  unsafeMigrationOverride: boolean;
  /** Seconds. */
  utilityVolumesTimeout: number;
}

interface KubeVirt extends KubeObject {
  spec?: { configuration?: { evictionStrategy?: EvictionStrategy; migrations?: Partial<MigrationConfiguration> } };
}

/** Eviction strategy of VMIs that state none, as the KubeVirt object says now. */
export function defaultEvictionStrategy(world: World): EvictionStrategy {
  return given(world)?.evictionStrategy ?? world.settings.evictionStrategy;
}

/** What the KubeVirt object says of migrations now, over the defaults (virt-config/configuration.go). */
export function migrationConfiguration(world: World): MigrationConfiguration {
  const { settings } = world;
  const migrations = given(world)?.migrations;
  return {
    allowAutoConverge: false,
    allowPostCopy: false,
    // What says nothing of the one means both (virt-config.go).
    allowWorkloadDisruption: migrations?.allowPostCopy ?? false,
    bandwidthPerMigration: "0",
    completionTimeoutPerGiB: settings.migrationCompletionSecondsPerGiB,
    maxDowntimeMs: 900,
    nodeDrainTaintKey: "kubevirt.io/drain",
    parallelMigrationsPerCluster: settings.parallelMigrationsPerCluster,
    parallelOutboundMigrationsPerNode: settings.parallelOutboundMigrationsPerNode,
    progressTimeout: settings.migrationProgressTimeoutSeconds,
    unsafeMigrationOverride: false,
    utilityVolumesTimeout: 150,
    ...migrations,
  };
}

function given({ store }: World) {
  return store.get<KubeVirt>("kubevirts", namespace, "kubevirt")?.spec?.configuration;
}
