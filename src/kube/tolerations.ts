import type { Pod, Taint, Toleration } from "./objects.ts";

/** Whether that toleration covers that taint (staging/src/k8s.io/api/core/v1/toleration.go: ToleratesTaint). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === "Exists") return true;
  return toleration.key !== undefined && (toleration.value ?? "") === (taint.value ?? "");
}

/** The first taint of those effects that the pod does not tolerate. */
export function untolerated(
  pod: Pick<Pod, "spec">,
  taints: readonly Taint[],
  effects: Taint["effect"][],
): Taint | undefined {
  return taints.find(
    (taint) => effects.includes(taint.effect) && !(pod.spec.tolerations ?? []).some((one) => tolerates(one, taint)),
  );
}
