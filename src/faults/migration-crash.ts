import { DeadlineError } from "../clock/deadline.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import { migrate } from "../workload/migrate.ts";
import { migrationObstacle } from "../workload/traits.ts";
import type { Fault, Hit, Victim } from "./fault.ts";
import { hitEach } from "./hit.ts";

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
    const { sourceNode, targetNode } = await copying(cluster, victim);
    const node = of === "source" ? sourceNode : targetNode;
    return await hitEach([victim], ({ vmi }) => cluster.actuators.killQemu({ ...vmi, node }));
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return [{ victim, receipt: null, reason: error.message, refused: false }];
  }
}

/** The nodes of a migration that copies. */
function copying({ kube, clock }: Cluster, { vmi: { namespace, name } }: Victim) {
  return waitUntil(clock, {
    what: `the copy of ${name} to begin`,
    limitMs: copyMs,
    everyMs,
    look: async () => {
      const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
      const { startTimestamp, endTimestamp, sourceNode, targetNode } = vmi?.status.migrationState ?? {};
      if (!startTimestamp) return notYet(vmi === null ? "no VMI" : "no copy");
      if (endTimestamp || !sourceNode || !targetNode) return notYet("a copy that was over before it was seen");
      return { sourceNode, targetNode };
    },
  });
}
