import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { missingGrants } from "../../../src/cluster/existing/access.ts";
import { roleYaml } from "../../../src/cluster/existing/role.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";
import type { Manifest } from "../../../src/kube/objects.ts";
import { describeGrant, grantsOf, may, mayCall, mayWith } from "../../../src/kube/permission.ts";
import { nodes, pods, virtualMachines } from "../../../src/kube/resources.ts";

const permissions = [
  may(["list", "watch"], nodes),
  may(["list", "watch"], pods),
  may(["list"], pods, "everywhere"),
  mayWith(["create"], pods, "eviction"),
  mayCall(virtualMachines, "start"),
  may(["list"], pods, { namespace: "kubevirt" }),
];

describe("permissions", () => {
  it("are granted once, and not in a namespace what is granted everywhere", () => {
    assert.deepEqual(
      grantsOf([...permissions, ...permissions], "shop")
        .map(describeGrant)
        .sort(),
      [
        "create pods/eviction in shop",
        "list nodes",
        "list pods",
        "update virtualmachines/start.subresources.kubevirt.io in shop",
        "watch nodes",
        "watch pods in shop",
      ],
    );
  });

  it("are granted everywhere for namespaces that are yet to be made", () => {
    const everywhere = grantsOf(permissions, null);
    assert.ok(everywhere.every(({ namespace }) => namespace === null));
  });

  it("are printed as roles that hold each of them in its place and no more, each bound to the account", () => {
    const grants = grantsOf(permissions, "shop");
    const objects = parseAllDocuments(roleYaml(grants)).map((document) => document.toJS() as Manifest);
    const roles = objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    const held = roles.flatMap(({ metadata, rules }) =>
      (rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[]).flatMap(
        ({ apiGroups, resources, verbs }) =>
          apiGroups.flatMap((group) =>
            resources.flatMap((resource) =>
              verbs.map((verb) =>
                describeGrant({ group, resource, verb: verb as "get", namespace: metadata.namespace ?? null }),
              ),
            ),
          ),
      ),
    );
    assert.deepEqual(held.sort(), grants.map(describeGrant).sort());
    const bindings = objects.filter(({ kind }) => kind.endsWith("Binding"));
    assert.deepEqual(
      bindings.map(({ kind, metadata, roleRef }) => [kind, metadata.namespace, (roleRef as { kind: string }).kind]),
      roles.map(({ kind, metadata }) => [`${kind}Binding`, metadata.namespace, kind]),
    );
  });

  it("are missing where the API server says so of whoever asks", async () => {
    const asked: unknown[] = [];
    const kube = {
      create: ({ spec }: Manifest) => {
        const { resourceAttributes } = spec as { resourceAttributes: Record<string, string> };
        asked.push(resourceAttributes);
        return Promise.resolve({ status: { allowed: resourceAttributes["subresource"] === "" } });
      },
    } as unknown as KubeClient;
    const missing = await missingGrants(grantsOf(permissions, "shop"), kube);
    assert.deepEqual(missing.map(describeGrant), [
      "create pods/eviction in shop",
      "update virtualmachines/start.subresources.kubevirt.io in shop",
    ]);
    assert.deepEqual(asked[2], {
      group: "",
      resource: "pods",
      subresource: "",
      verb: "list",
    });
  });
});
