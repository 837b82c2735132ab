import assert from "node:assert/strict";
import { fullName, wantedImages } from "../../../src/cluster/kind/node-images.ts";

describe("an image's full name", () => {
  for (const [image, full] of [
    ["alpine", "docker.io/library/alpine:latest"],
    ["alpine:3", "docker.io/library/alpine:3"],
    ["me/guest", "docker.io/me/guest:latest"],
    ["quay.io/kubevirt/virt-api:v1", "quay.io/kubevirt/virt-api:v1"],
    ["localhost/guest:1", "localhost/guest:1"],
    ["registry:5000/guest", "registry:5000/guest:latest"],
    ["quay.io/a/b@sha256:0a", "quay.io/a/b@sha256:0a"],
  ] as const) {
    it(`of ${image} is ${full}`, () => assert.equal(fullName(image), full));
  }
});

describe("the image in an image's place", () => {
  const names = ["quay.io/kubevirt/virt-api:v1", "quay.io/kubevirt/virt-handler:v1", "quay.io/kubevirt/virt-api:v1"];

  it("is the image itself unless another is named, and each is wanted once", () => {
    assert.deepEqual(wantedImages(names, new Map()), [
      { name: names[0], from: names[0] },
      { name: names[1], from: names[1] },
    ]);
  });

  it("is named by the whole name, or by its last part", () => {
    const overrides = new Map([
      ["virt-api", "mine:1"],
      [names[1]!, "mine:2"],
    ]);
    assert.deepEqual(
      wantedImages(names, overrides).map(({ from }) => from),
      ["mine:1", "mine:2"],
    );
  });
});
