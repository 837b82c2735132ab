import { condition } from "../../../kube/objects.ts";
import type { KubeObject, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { defaultEvictionStrategy } from "../../kubevirt/configuration.ts";
import type { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import { call, denied, webhooks } from "./webhook.ts";

/** What a client posts to `pods/eviction`. */
export interface Eviction extends KubeObject {
  deleteOptions?: {
    dryRun?: string[];
    gracePeriodSeconds?: number;
    preconditions?: { uid?: string; resourceVersion?: string };
  };
}

/**
 * The eviction of a launcher pod: refused (429) while its instance is to be migrated away instead, which the
 * refusal itself sets going by marking the instance (virt-api's pod-eviction-admitter.go).
 */
export function admitEviction(world: World, pod: Pod, eviction: Eviction, dryRun: boolean): void {
  // The API server asks for these pods alone (matchConditions), so that no other depends on virt-api.
  if (!pod.metadata.name.startsWith("virt-launcher")) return;
  call(world, webhooks.evictionInterceptor);
  const { phase } = pod.status;
  const name = pod.metadata.annotations?.["kubevirt.io/domain"];
  if (pod.metadata.labels?.["kubevirt.io"] !== "virt-launcher" || name === undefined) return;
  if (phase === "Succeeded" || phase === "Failed") return;
  const vmi = world.store.get<VirtualMachineInstance>("virtualmachineinstances", pod.metadata.namespace, name);
  if (vmi === undefined) {
    throw refusal(`kubevirt failed getting the vmi: virtualmachineinstances.kubevirt.io "${name}" not found`);
  }
  if (!shallMove(vmi, vmi.spec.evictionStrategy ?? defaultEvictionStrategy(world))) return;
  const evacuation = `Eviction triggered evacuation of VMI "${vmi.metadata.namespace}/${name}"`;
  if (vmi.status.evacuationNodeName) throw refusal(`Evacuation in progress: ${evacuation}`);
  if (vmi.status.nodeName !== pod.spec.nodeName) throw refusal("Eviction request for target Pod");
  if (!dryRun) mark(world, vmi, pod, eviction);
  throw refusal(evacuation);
}

/** Whether the instance is to be migrated rather than shut down; 429 where it must be but cannot. */
function shallMove(vmi: VirtualMachineInstance, strategy: string): boolean {
  const migratable = condition(vmi, "LiveMigratable")?.status === "True";
  if (strategy === "LiveMigrate" && !migratable) {
    throw refusal(`VMI ${vmi.metadata.name} is configured with an eviction strategy but is not live-migratable`);
  }
  return strategy === "LiveMigrate" || strategy === "External" || (strategy === "LiveMigrateIfPossible" && migratable);
}

function mark({ store }: World, vmi: VirtualMachineInstance, pod: Pod, eviction: Eviction): void {
  const byDescheduler = eviction.metadata.annotations?.["requested-by"] === "sigs.k8s.io/descheduler";
  const { namespace, name } = vmi.metadata;
  store.mutate<VirtualMachineInstance>("virtualmachineinstances", namespace, name, ({ status, metadata }) => {
    if (pod.spec.nodeName !== undefined) status.evacuationNodeName = pod.spec.nodeName;
    if (byDescheduler) {
      metadata.annotations = { ...metadata.annotations, "kubevirt.io/eviction-source": "descheduler" };
    }
  });
}

function refusal(message: string): StatusError {
  return denied(webhooks.evictionInterceptor, message, 429);
}
