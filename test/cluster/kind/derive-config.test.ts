import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { deriveConfig } from "../../../src/cluster/kind/derive-config.ts";

describe("the configuration that kind is given", () => {
  const own = join(import.meta.dirname, "../../../kind-config.yaml");

  it("is the user's, with the cluster's name", async () => {
    const text = await readFile(own, "utf8");
    const derived = deriveConfig(text, "other", { cgroup: "v2" }, own);
    assert.deepEqual(parse(derived), { ...(parse(text) as object), name: "other" });
  });

  it("lets the kubelet bear cgroup v1, and keeps the user's patches", () => {
    const text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches: [mine]\n";
    const { kubeadmConfigPatches } = parse(deriveConfig(text, "c", { cgroup: "v1" }, "f")) as {
      kubeadmConfigPatches: string[];
    };
    assert.equal(kubeadmConfigPatches[0], "mine");
    assert.deepEqual(parse(kubeadmConfigPatches[1]!), {
      kind: "KubeletConfiguration",
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      failCgroupV1: false,
    });
  });

  for (const [text, says] of [
    ["kind: Pod\n", "f is no kind configuration: its kind is Pod"],
    ["", "f is no kind configuration: its kind is missing"],
    ["kind: Cluster\nkubeadmConfigPatches: x\n", "f: kubeadmConfigPatches is not a list"],
    ["kind: [\n", /^f: Flow sequence/],
  ] as const) {
    it(`is refused where it says ${JSON.stringify(text)}`, () => {
      assert.throws(() => deriveConfig(text, "c", { cgroup: "v1" }, "f"), { name: "UsageError", message: says });
    });
  }
});
