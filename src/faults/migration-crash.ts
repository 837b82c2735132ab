import { may } from "../kube/permission.ts";
import { DeadlineError } from "../clock/deadline.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import type { VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import { migrate, migrateNeeds } from "../workload/migrate.ts";
import { migrationObstacle } from "../workload/migration-obstacle.ts";
import type { Fault, Hit, Victim } from "./fault.ts";

export interface MigrationCrashOptions {
  /** Whose qemu is killed: the one that the guest runs in (default), or the one that it is being copied to. */
  of?: "source" | "target";
}

/** How long a migration may take to begin to copy, in milliseconds: others go first. */
const copyMs = 240_000;
/** How often it is looked at, in milliseconds: a small guest is copied within a second. */
const everyMs = 100;

/** Migrates each victim, and kills a qemu of it while its memory is being copied. */
export function migrationCrash({ of = "source" }: MigrationCrashOptions = {}): Fault {
  return {
    name: "migration-crash",
    parameters: { of },
    scope: "vm",
    sharing: "queued",
    summary: `kill -9 of the ${of}'s qemu in the middle of a live migration`,
    needs: ["kill-qemu"],
    asks: [...migrateNeeds, may(["get"], virtualMachineInstances)],
    unfit: (variant) => {
      const obstacle = migrationObstacle(variant);
      return obstacle === null ? null : `it cannot be migrated (${obstacle})`;
    },
    targets: (victims) => victims.map(({ vmi }) => `VMI ${vmi.name}, while it migrates`),
    inject: async (cluster, victims) => {
      const hits = await Promise.all(victims.map((victim) => crash(cluster, victim, of)));
      return hits.flat();
    },
    // What was killed is gone, and a migration that failed is over.
    revert: async () => {},
  };
}

async function crash(cluster: Cluster, victim: Victim, of: "source" | "target"): Promise<Hit[]> {
  try {
    await migrate(cluster, victim.variant, victim.vmi);
    return [{ victim, receipt: await killMidway(cluster, victim, of) }];
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return [{ victim, receipt: null, reason: error.message, refused: false }];
  }
}

/** Kills as soon as there is a copy to disturb, and a qemu there. */
function killMidway({ kube, clock, actuators }: Cluster, { vmi: victim }: Victim, of: "source" | "target") {
  const { namespace, name } = victim;
  return waitUntil(clock, {
    what: `the copy of ${name} to begin`,
    limitMs: copyMs,
    everyMs,
    look: async () => {
      const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
      const { startTimestamp, endTimestamp, sourceNode, targetNode } = vmi?.status.migrationState ?? {};
      if (!startTimestamp) return notYet(vmi === null ? "no VMI" : "no copy");
      if (endTimestamp || !sourceNode || !targetNode) return notYet("a copy that was over before it was seen");
      try {
        return await actuators.killQemu({ ...victim, node: of === "source" ? sourceNode : targetNode });
      } catch (error) {
        if (error instanceof EnvironmentError) return notYet(error.message);
        throw error;
      }
    },
  });
}
