import { stringify } from "yaml";
import type { Grant } from "../../kube/permission.ts";
import type { Manifest } from "../../kube/objects.ts";
import { home } from "../../safety/cluster-lease.ts";

const name = "rebound";
const group = "rbac.authorization.k8s.io";

/**
 * The grants as YAML for `kubectl apply`: a service account, a ClusterRole for what is granted everywhere and a Role
 * in each namespace, each with its binding.
 */
export function roleYaml(grants: Grant[]): string {
  const byPlace = Map.groupBy(grants, ({ namespace }) => namespace);
  const roles = [...byPlace].flatMap(([namespace, granted]) => roleIn(namespace, granted));
  const account: Manifest = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: home } };
  return [homeNamespace, account, ...roles].map((object) => stringify(object, { lineWidth: 0 })).join("---\n");
}

/** Helper pods need what only privileged pods have; a cluster with Pod Security admission must be told. */
const homeNamespace: Manifest = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: home, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
};

function roleIn(namespace: string | null, grants: Grant[]): Manifest[] {
  const kind = namespace === null ? "ClusterRole" : "Role";
  const metadata = namespace === null ? { name } : { name, namespace };
  return [
    { apiVersion: `${group}/v1`, kind, metadata, rules: rulesOf(grants) },
    {
      apiVersion: `${group}/v1`,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: group, kind, name },
      subjects: [{ kind: "ServiceAccount", name, namespace: home }],
    },
  ];
}

/** Resources of one group with the same verbs share a rule. */
function rulesOf(grants: Grant[]): { apiGroups: string[]; resources: string[]; verbs: string[] }[] {
  const verbs = Map.groupBy(grants, (grant) => `${grant.group} ${grant.resource}`);
  const alike = Map.groupBy(verbs.values(), (each) =>
    [each[0]!.group, ...each.map(({ verb }) => verb).sort()].join(" "),
  );
  return [...alike.values()].map((resources) => ({
    apiGroups: [resources[0]![0]!.group],
    resources: resources.map(([first]) => first!.resource),
    verbs: resources[0]!.map(({ verb }) => verb),
  }));
}
