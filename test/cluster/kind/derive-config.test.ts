import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { deriveConfig, type HostFacts } from "../../../src/cluster/kind/derive-config.ts";

describe("the configuration that kind is given", () => {
  const own = join(import.meta.dirname, "../../../kind-config.yaml");
  const host: HostFacts = { cgroup: "v2", memoryBytes: 16 * 2 ** 30 };
  const derive = (text: string, facts: Partial<HostFacts> = {}) => {
    const derived = parse(deriveConfig(text, "c", { ...host, ...facts }, "f")) as { kubeadmConfigPatches: string[] };
    return { ...derived, kubelet: parse(derived.kubeadmConfigPatches[0]!) as Record<string, unknown> };
  };

  it("is the user's, with the cluster's name and what the kubelet is told", async () => {
    const text = await readFile(own, "utf8");
    const derived = parse(deriveConfig(text, "other", host, own)) as Record<string, unknown>;
    const { kubeadmConfigPatches, ...rest } = derived;
    assert.deepEqual(rest, { ...(parse(text) as object), name: "other" });
    assert.equal((kubeadmConfigPatches as string[]).length, 1);
  });

  it("leaves each of four nodes its share of three quarters of the memory", async () => {
    // 16 GiB × 3/4 ÷ 4 = 3 GiB of the 16 that each of them sees.
    assert.deepEqual(derive(await readFile(own, "utf8")).kubelet["evictionHard"], { "memory.available": "13312Mi" });
  });

  it("says nothing of a memory that is not known", () => {
    assert.ok(!("evictionHard" in derive("kind: Cluster\n", { memoryBytes: null }).kubelet));
  });

  it("lets the kubelet bear cgroup v1, and only there", () => {
    assert.equal(derive("kind: Cluster\n", { cgroup: "v1" }).kubelet["failCgroupV1"], false);
    assert.ok(!("failCgroupV1" in derive("kind: Cluster\n").kubelet));
  });

  it("leaves the last word to the user's patches", () => {
    assert.equal(derive("kind: Cluster\nkubeadmConfigPatches: [mine]\n").kubeadmConfigPatches[1], "mine");
  });

  for (const [text, says] of [
    ["kind: Pod\n", "f is no kind configuration: its kind is Pod"],
    ["", "f is no kind configuration: its kind is missing"],
    ["kind: Cluster\nkubeadmConfigPatches: x\n", "f: kubeadmConfigPatches is not a list"],
    ["kind: Cluster\nnodes: x\n", "f: nodes is not a list"],
    ["kind: [\n", /^f: Flow sequence/],
  ] as const) {
    it(`is refused where it says ${JSON.stringify(text)}`, () => {
      assert.throws(() => deriveConfig(text, "c", host, "f"), { name: "UsageError", message: says });
    });
  }
});
