import type { ApiResponse } from "../simulation.ts";
import { readObject } from "./request.ts";
import type { Query } from "./request.ts";
import { answer } from "./wire.ts";

/** POST of a SelfSubjectAccessReview: whoever asks is the cluster's administrator, and may do everything. */
export function reviewAccess(query: Query): ApiResponse {
  const { spec } = readObject(query, "SelfSubjectAccessReview") as {
    spec?: { resourceAttributes?: Record<string, string> };
  };
  const attributes = Object.entries(spec?.resourceAttributes ?? {}).filter(([, value]) => value !== "");
  return answer(201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec: { ...spec, resourceAttributes: Object.fromEntries(attributes) },
    status: {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins"',
    },
  });
}
