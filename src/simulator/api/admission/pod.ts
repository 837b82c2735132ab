import type { KubeObject, Pod, Toleration } from "../../../kube/objects.ts";
import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import { servedAs } from "../registry.ts";
import { invalid } from "../wire.ts";
import type { AdmissionRequest } from "./admit.ts";

/**
 * New pods: the API's defaults, and how long they stand a silent or broken node where they do not say so
 * themselves (plugin/pkg/admission/defaulttolerationseconds).
 */
export function admitPod(world: World, pod: Pod, { old }: AdmissionRequest): Pod {
  if (old !== undefined) return pod;
  const { containers } = (pod as Partial<Pod>).spec ?? {};
  if (containers === undefined || containers.length === 0) {
    throw invalid(servedAs("pods"), pod.metadata.name, "spec.containers", "FieldValueRequired", "Required value");
  }
  const { notReadyTolerationSeconds, unreachableTolerationSeconds } = world.settings;
  const tolerations = [...(pod.spec.tolerations ?? [])];
  const tolerate = (key: string, seconds: number) => {
    if (tolerations.some((toleration) => tolerates(toleration, key))) return;
    tolerations.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: seconds });
  };
  tolerate("node.kubernetes.io/not-ready", notReadyTolerationSeconds);
  tolerate("node.kubernetes.io/unreachable", unreachableTolerationSeconds);
  return {
    ...pod,
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      schedulerName: "default-scheduler",
      priority: priorityOf(world, pod),
      preemptionPolicy: "PreemptLowerPriority",
      enableServiceLinks: true,
      securityContext: {},
      ...pod.spec,
      tolerations,
    },
  };
}

/** Classes that every cluster with KubeVirt has, and what they are worth. */
const builtInClasses: Record<string, number> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
  "kubevirt-cluster-critical": 1_000_000_000,
};

/** What the pod's class is worth (plugin/pkg/admission/priority). */
function priorityOf({ store }: World, { metadata, spec }: Pod): number {
  const name = spec["priorityClassName"] as string | undefined;
  if (name === undefined) return 0;
  const value =
    builtInClasses[name] ?? store.get<KubeObject & { value: number }>("priorityclasses", undefined, name)?.value;
  if (value !== undefined) return value;
  const message = `pods "${metadata.name}" is forbidden: no PriorityClass with name ${name} was found`;
  throw new StatusError(403, "Forbidden", message, { name: metadata.name, kind: "pods" });
}

function tolerates(toleration: Toleration, key: string): boolean {
  return (
    (toleration.key === key || !toleration.key) &&
    (toleration.effect === "NoExecute" || toleration.effect === undefined)
  );
}
