import type { ApiResponse } from "../simulation.ts";
import { readObject } from "./request.ts";
import type { Query } from "./request.ts";
import { answer } from "./wire.ts";

/** Reviews that are asked for and never stored, by plural; whoever asks is the cluster's administrator, and may do everything. */
const reviews: Record<string, (query: Query) => ApiResponse> = {
  selfsubjectaccessreviews: reviewAccess,
  selfsubjectrulesreviews: reviewRules,
};

/** The answer to the POST of a review; undefined where there is no such review. */
export function answerReview(plural: string, query: Query): ApiResponse | undefined {
  return query.method === "POST" ? reviews[plural]?.(query) : undefined;
}

function reviewAccess(query: Query): ApiResponse {
  const { spec } = readObject(query, "SelfSubjectAccessReview") as {
    spec?: { resourceAttributes?: Record<string, string> };
  };
  const { resourceAttributes } = spec ?? {};
  const attributes = Object.entries(resourceAttributes ?? {}).filter(([, value]) => value !== "");
  return answer(201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec: { ...spec, ...(resourceAttributes !== undefined && { resourceAttributes: Object.fromEntries(attributes) }) },
    status: {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "kubeadm:cluster-admins" of ClusterRole "cluster-admin" to Group "kubeadm:cluster-admins"',
    },
  });
}

function reviewRules(query: Query): ApiResponse {
  readObject(query, "SelfSubjectRulesReview");
  return answer(201, {
    kind: "SelfSubjectRulesReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec: {},
    status: {
      resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
      nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
      incomplete: false,
    },
  });
}
