import type { KubeObject, Pod } from "../../kube/objects.ts";
import { admit } from "../api/admission/admit.ts";
import { recordEvent } from "../event-recorder.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";

/** What keeps pods after a template: DaemonSet, Deployment, ReplicaSet. */
export interface Workload extends KubeObject {
  spec: {
    replicas?: number;
    selector: { matchLabels?: Record<string, string> };
    template: PodTemplate;
  };
  status?: Record<string, unknown>;
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: Pod["spec"];
}

/** Pods that this workload owns and that neither have ended nor are about to. */
export function activePods(world: World, { metadata }: Workload): Pod[] {
  return world.index.podsOwnedBy(metadata.uid).filter((pod) => {
    const ended = pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
    return !ended && pod.metadata.deletionTimestamp === undefined;
  });
}

/** A pod after the workload's template, with `spec` put over that of the template. */
export function podFrom(
  { apiVersion, kind, metadata, spec: { template } }: Workload,
  spec: Partial<Pod["spec"]> = {},
): Omit<Pod, "metadata"> & { metadata: Partial<Pod["metadata"]> } {
  const { name, namespace, uid } = metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...template.metadata,
      generateName: `${name}-`,
      namespace: namespace ?? "default",
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...template.spec, ...spec },
    status: { phase: "Pending" },
  };
}

/** Creates a pod of the workload and tells of it; false where it is refused. */
export function createPodOf(
  world: World,
  workload: Workload,
  source: string,
  spec: Partial<Pod["spec"]> = {},
): boolean {
  try {
    const pod = admit<Pod>(world, "pods", podFrom(workload, spec) as Pod);
    const { metadata } = world.store.create<Pod>("pods", pod);
    recordEvent(world, workload, "Normal", "SuccessfulCreate", `Created pod: ${metadata.name}`, source);
    return true;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    recordEvent(world, workload, "Warning", "FailedCreate", `Error creating: ${error.message}`, source);
    return false;
  }
}

export function deletePodOf(world: World, workload: Workload, { metadata }: Pod, source: string): void {
  world.store.delete("pods", metadata.namespace, metadata.name, { preconditions: { uid: metadata.uid } });
  recordEvent(world, workload, "Normal", "SuccessfulDelete", `Deleted pod: ${metadata.name}`, source);
}
