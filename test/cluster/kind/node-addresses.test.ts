import assert from "node:assert/strict";
import { misplaced } from "../../../src/cluster/kind/node-addresses.ts";
import type { Node } from "../../../src/kube/objects.ts";

describe("where Kubernetes has a node of kind's", () => {
  const toldAt = (...addresses: string[]): Node[] => {
    const told = addresses.map((address) => ({ type: "InternalIP", address }));
    const status = { addresses: [...told, { type: "Hostname", address: "w1" }] };
    return [{ metadata: { name: "w1" }, spec: {}, status } as Node];
  };

  it("is where it runs, in each family", () => {
    assert.deepEqual(misplaced("w1", ["172.18.0.9", "fc00::9"], toldAt("172.18.0.9", "fc00::9")), []);
    assert.deepEqual(misplaced("w1", ["172.18.0.9", "fc00::9"], toldAt("172.18.0.9")), []);
  });

  it("is elsewhere while it has not told of another address", () => {
    assert.deepEqual(misplaced("w1", ["172.18.0.9", "fc00::9"], toldAt("172.18.0.4")), [
      "node w1 runs at 172.18.0.9, fc00::9, and Kubernetes has it at 172.18.0.4",
    ]);
  });

  it("is nowhere where it has no object", () => {
    assert.deepEqual(misplaced("w2", ["172.18.0.9"], toldAt("172.18.0.4")), []);
  });
});
