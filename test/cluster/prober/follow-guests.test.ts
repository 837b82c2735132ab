import assert from "node:assert/strict";
import { followGuests, followRoutes, type GuestPlace } from "../../../src/cluster/prober/follow-guests.ts";
import { PretendKube } from "./pretend-kube.ts";

async function follow() {
  const kube = new PretendKube();
  const places: GuestPlace[] = [];
  await followGuests(kube.client, "lab", (place) => places.push(place));
  return {
    kube,
    addresses: (vmi: string) => places.findLast(({ vmiUid }) => vmiUid === `${vmi}-uid`)?.addresses,
    places,
  };
}

describe("following guests by their launcher pods", () => {
  it("finds a guest where its pod has an address, whatever its VMI's status says", async () => {
    const { kube, places } = await follow();
    kube.pod("ADDED", "pod", "vm", { phase: "Pending" });
    kube.pod("MODIFIED", "pod", "vm", { phase: "Running", podIP: "10.0.0.1" });
    kube.pod("MODIFIED", "pod", "vm", { phase: "Running", podIP: "10.0.0.1" });
    assert.deepEqual(
      places.map(({ vmiUid, vmiName, addresses }) => [vmiUid, vmiName, ...addresses]),
      [
        ["vm-uid", "vm"],
        ["vm-uid", "vm", "10.0.0.1"],
      ],
    );
  });

  it("looks for it in both pods while it migrates, then in the one that is left", async () => {
    const { kube, addresses } = await follow();
    kube.pod("ADDED", "source", "vm", { phase: "Running", podIP: "10.0.0.1" });
    kube.pod("ADDED", "target", "vm", { phase: "Running", podIP: "10.0.1.1" });
    assert.deepEqual(addresses("vm"), ["10.0.0.1", "10.0.1.1"]);
    kube.pod("MODIFIED", "source", "vm", { phase: "Succeeded", podIP: "10.0.0.1" });
    assert.deepEqual(addresses("vm"), ["10.0.1.1"]);
  });

  it("does not believe that a pod has ended whose object was removed by force", async () => {
    const { kube, addresses } = await follow();
    kube.pod("ADDED", "old", "one", { phase: "Running", podIP: "10.0.0.1" });
    kube.pod("DELETED", "old", "one", { phase: "Running", podIP: "10.0.0.1" });
    assert.deepEqual(addresses("one"), ["10.0.0.1"]);
    kube.pod("ADDED", "new", "two", { phase: "Running", podIP: "10.0.0.1" });
    assert.deepEqual(addresses("one"), [], "another has its address");
    assert.deepEqual(addresses("two"), ["10.0.0.1"]);
  });

  it("is over when the pod has ended", async () => {
    const { kube, addresses } = await follow();
    kube.pod("ADDED", "pod", "vm", { phase: "Running", podIP: "10.0.0.1" });
    kube.pod("MODIFIED", "pod", "vm", { phase: "Failed", podIP: "10.0.0.1" });
    assert.deepEqual(addresses("vm"), []);
  });
});

describe("the ways to the pods of nodes", () => {
  it("go by the node's address of the same family", async () => {
    const kube = new PretendKube();
    const routes: [string, string][] = [];
    kube.node("one", "172.18.0.2", ["10.244.1.0/24", "fd00:10:244:1::/64"]);
    kube.node("one", "fc00:f853::2", ["10.244.1.0/24", "fd00:10:244:1::/64"]);
    await followRoutes(kube.client, (range, via) => routes.push([range, via]));
    assert.deepEqual(routes, [
      ["10.244.1.0/24", "172.18.0.2"],
      ["fd00:10:244:1::/64", "fc00:f853::2"],
    ]);
  });
});
