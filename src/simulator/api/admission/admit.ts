import type { KubeObject } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { admitInstancetype, admitPreference } from "./instancetype.ts";
import { admitMigrationPolicy } from "./migration-policy.ts";
import { admitMigration } from "./migration.ts";
import { admitPod } from "./pod.ts";
import { admitReplicaSet } from "./replica-set.ts";
import { admitService } from "./service.ts";
import { admitInstance } from "./virtual-machine-instance.ts";
import { admitVirtualMachine } from "./virtual-machine.ts";
import { webhooks } from "./webhook.ts";

/** Who writes what, in which circumstances. */
export interface AdmissionRequest {
  /** Webhooks let KubeVirt's own components do what they refuse to others. */
  by: "user" | "kubevirt";
  /** The object as it is, where this is an update. */
  old?: KubeObject;
  subresource?: string | undefined;
  /** Sentences for the answer's Warning header are added here. */
  warnings: string[];
}

/** Fills in defaults and refuses what may not be, for one resource. */
type Admission = (world: World, object: never, request: AdmissionRequest) => KubeObject;

const admissions: Record<string, Admission | undefined> = {
  pods: admitPod,
  services: admitService,
  virtualmachines: admitVirtualMachine,
  virtualmachineinstances: admitInstance,
  virtualmachineinstancereplicasets: admitReplicaSet,
  virtualmachineinstancemigrations: admitMigration,
  virtualmachineinstancetypes: admitInstancetype("virtualmachineinstancetypes", webhooks.instancetypeValidator),
  virtualmachineclusterinstancetypes: admitInstancetype(
    "virtualmachineclusterinstancetypes",
    webhooks.clusterInstancetypeValidator,
  ),
  virtualmachinepreferences: admitPreference("virtualmachinepreferences", webhooks.preferenceValidator),
  virtualmachineclusterpreferences: admitPreference(
    "virtualmachineclusterpreferences",
    webhooks.clusterPreferenceValidator,
  ),
  migrationpolicies: admitMigrationPolicy,
};

/**
 * What the API server's admission plug-ins and KubeVirt's webhooks make of an object before it is stored:
 * the object with its defaults. Throws a StatusError where they refuse it, or where virt-api does not answer.
 * Controllers that create virtual machine instances or pods pass them through here.
 */
export function admit<T extends KubeObject>(
  world: World,
  resource: string,
  object: T,
  request: AdmissionRequest = { by: "kubevirt", warnings: [] },
): T {
  const admission = admissions[resource];
  return admission === undefined ? object : (admission(world, object as never, request) as T);
}
