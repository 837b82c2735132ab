import type { KubeObject } from "../../kube/objects.ts";
import type { Grant } from "../../kube/permission.ts";
import type { KubeClient } from "../kube-client.ts";

interface Review extends KubeObject {
  status?: { allowed: boolean };
}

/** Those of the grants that whoever asks does not have, by the API server's own word. */
export async function missingGrants(grants: Grant[], kube: KubeClient): Promise<Grant[]> {
  const allowed = await Promise.all(grants.map((grant) => isAllowed(grant, kube)));
  return grants.filter((_, index) => !allowed[index]);
}

async function isAllowed({ group, resource, verb, namespace }: Grant, kube: KubeClient): Promise<boolean> {
  const [plural = "", ...subresource] = resource.split("/");
  const { status } = await kube.create<Review>({
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    metadata: {},
    spec: {
      resourceAttributes: {
        group,
        resource: plural,
        subresource: subresource.join("/"),
        verb,
        ...(namespace !== null && { namespace }),
      },
    },
  });
  return status?.allowed === true;
}
