import assert from "node:assert/strict";
import type { Cluster, Sample } from "../../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../../src/cluster/simulated/simulated-cluster.ts";
import type { Service, VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { services, virtualMachineInstances } from "../../../src/kube/resources.ts";
import { tcpProbe } from "../../../src/workload/guest.ts";
import { served } from "../../../src/workload/served.ts";
import { vm } from "../../../src/workload/variant.ts";

describe("the way of users in the simulated cluster", () => {
  let cluster: Cluster;
  let samples: Sample[];

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 2 });
    samples = [];
    const { manifests } = served(vm("web", { readiness: tcpProbe({ periodSeconds: 5, failureThreshold: 3 }) }));
    for (const manifest of manifests) {
      await cluster.kube.create({ ...manifest, metadata: { ...manifest.metadata, namespace: "default" } });
    }
    await cluster.startProber("default", (sample) => samples.push(sample));
    await cluster.clock.sleep(60_000);
  });
  afterEach(() => cluster[Symbol.asyncDispose]());

  const ofUsers = () => samples.filter(({ channel }) => channel === "service");
  const ofGuest = () => samples.filter(({ channel }) => channel === undefined);
  const target = async () => {
    const vmi = (await cluster.kube.get<VirtualMachineInstance>(virtualMachineInstances, "web", "default"))!;
    return { namespace: "default", name: "web", uid: vmi.metadata.uid };
  };

  it("is open once the guest is ready, has an endpoint, and the nodes know it", async () => {
    const [first] = ofUsers();
    const { metadata, spec } = (await cluster.kube.get<Service>(services, "web", "default"))!;
    assert.deepEqual([first?.ok, first?.service, first?.vm, first?.uid], [true, "web", "web", metadata.uid]);
    assert.ok(first!.atMs > ofGuest()[0]!.atMs, "the guest answers before it is found ready");
    assert.ok(spec.ports![0]!.nodePort! >= 30_000);
  });

  it("is closed with the port that it leads to, and open again only after the probe has passed", async () => {
    const before = ofGuest().length;
    const closedMs = cluster.clock.now();
    await cluster.actuators.closePort(await target(), 1500);
    await cluster.clock.sleep(60_000);
    assert.ok(ofUsers().at(-1)!.ok === false && ofUsers().at(-1)!.atMs - closedMs <= 100);
    const openedMs = cluster.clock.now();
    await cluster.actuators.openPort(await target(), 1500);
    await cluster.clock.sleep(60_000);
    const { ok, atMs } = ofUsers().at(-1)!;
    assert.ok(ok && atMs - openedMs > 100 && atMs - openedMs < 7_000, `after ${atMs - openedMs} ms`);
    assert.equal(ofGuest().length, before, "the guest itself was never silent");
  });
});
