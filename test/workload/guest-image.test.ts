import assert from "node:assert/strict";
import { defaultGuestImage } from "../../src/workload/guest.ts";
import { bootedFrom } from "../../src/workload/guest-image.ts";
import { replicaSet, vm, vmiSpecOf } from "../../src/workload/variant.ts";

describe("another image for the default guest", () => {
  it("takes the default's place in a VM and in a replica set, and nothing else's", () => {
    for (const variant of [vm("web", { readiness: { tcpSocket: { port: 1500 } } }), replicaSet("rs")]) {
      const other = bootedFrom("registry.local/guest:2", variant);
      const text = JSON.stringify(variant).replaceAll(defaultGuestImage, "registry.local/guest:2");
      assert.equal(JSON.stringify(other), text);
      assert.notEqual(JSON.stringify(variant), text, "the variant itself is as it was");
    }
  });

  it("leaves a user's own image", () => {
    const own = vm("web");
    vmiSpecOf(own).volumes![0] = { name: "root", containerDisk: { image: "shop/web:1" } };
    assert.deepEqual(bootedFrom("registry.local/guest:2", own), own);
  });
});
