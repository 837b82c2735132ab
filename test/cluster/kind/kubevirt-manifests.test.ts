import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { imagesOf, shortName, withEmulation } from "../../../src/cluster/kind/kubevirt-manifests.ts";

const resource = `apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: { name: kubevirt, namespace: kubevirt }
spec:
  configuration:
    developerConfiguration: { featureGates: [Snapshot] }
`;

describe("KubeVirt's own resource", () => {
  const configurationOf = (text: string) =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as { kind: string; spec?: { configuration: object } })
      .find(({ kind }) => kind === "KubeVirt")?.spec?.configuration;

  it("is told to emulate, and keeps the rest", () => {
    assert.deepEqual(configurationOf(withEmulation(resource)), {
      developerConfiguration: { featureGates: ["Snapshot"], useEmulation: true },
    });
    const bare = "kind: Namespace\n---\nkind: KubeVirt\n";
    assert.deepEqual(configurationOf(withEmulation(bare)), { developerConfiguration: { useEmulation: true } });
  });

  it("must be there", () => {
    assert.throws(() => withEmulation("kind: Pod\n"), /kubevirt-cr\.yaml has no object of kind KubeVirt/);
  });
});

describe("the images that KubeVirt needs", () => {
  const operator = (image: string, env: object[] = []) =>
    `kind: Namespace\n---\n${JSON.stringify({ kind: "Deployment", spec: { template: { spec: { containers: [{ image, env }] } } } })}`;
  const images = (...of: Parameters<typeof operator>) => imagesOf({ operator: operator(...of), kubevirt: "" });

  it("are the operator's and its neighbours in the same registry", () => {
    assert.deepEqual(images("quay.io/kubevirt/virt-operator:v1.9.0"), [
      "quay.io/kubevirt/virt-operator:v1.9.0",
      "quay.io/kubevirt/virt-api:v1.9.0",
      "quay.io/kubevirt/virt-controller:v1.9.0",
      "quay.io/kubevirt/virt-handler:v1.9.0",
      "quay.io/kubevirt/virt-launcher:v1.9.0",
      "quay.io/kubevirt/virt-exportproxy:v1.9.0",
    ]);
  });

  it("are what the operator's environment names where it does", () => {
    const env = [
      { name: "VIRT_LAUNCHER_IMAGE", value: "own.example/virt-launcher:dev" },
      { name: "GS_IMAGE", value: "quay.io/kubevirt/libguestfs-tools:v1.9.0" },
    ];
    const found = images("localhost:5000/virt-operator:v1", env);
    assert.deepEqual(found.slice(3, 5), ["localhost:5000/virt-handler:v1", "own.example/virt-launcher:dev"]);
    assert.equal(found.length, 6, "and what is only needed on demand is not loaded");
  });

  it("cannot be known without the operator's Deployment", () => {
    assert.throws(() => imagesOf({ operator: "kind: Namespace\n", kubevirt: "" }), {
      name: "UsageError",
      message: "kubevirt-operator.yaml has no Deployment with an image",
    });
  });

  for (const [image, short] of [
    ["quay.io/kubevirt/virt-api:v1", "virt-api"],
    ["localhost:5000/virt-api", "virt-api"],
    ["virt-api@sha256:abc", "virt-api"],
  ] as const) {
    it(`are known in short too: ${image} is ${short}`, () => assert.equal(shortName(image), short));
  }
});
