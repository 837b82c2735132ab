import assert from "node:assert/strict";
import fc from "fast-check";
import { lookForRoom } from "../../src/faults/room.ts";
import type { Node, Pod, Taint } from "../../src/kube/objects.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";

interface Machine {
  memoryGi: number;
  taint?: Taint;
  cordoned?: boolean;
  labels?: Record<string, string>;
  devices?: number;
}

const device = "devices.kubevirt.io/kvm";

function nodeOf(name: string, { memoryGi, taint, cordoned, labels = {}, devices = 100 }: Machine): Node {
  return {
    metadata: { name, labels },
    spec: { ...(taint && { taints: [taint] }), ...(cordoned && { unschedulable: true }) },
    status: { allocatable: { cpu: "8", memory: `${memoryGi}Gi`, pods: "110", [device]: String(devices) } },
  } as unknown as Node;
}

function podOf(name: string, memoryGi: number, spec: Partial<Pod["spec"]> = {}, phase = "Running"): Pod {
  const requests = { memory: `${memoryGi}Gi`, cpu: "100m", [device]: "1" };
  return {
    metadata: { name },
    spec: { nodeName: "drained", containers: [{ name: "compute", resources: { requests } }], ...spec },
    status: { phase },
  } as unknown as Pod;
}

function look(machines: Record<string, Machine>, leaving: Pod[], staying: Pod[] = []) {
  const nodes = Object.entries({ drained: { memoryGi: 64 }, ...machines }).map(([name, one]) => nodeOf(name, one));
  const list = ({ plural }: { plural: string }) =>
    Promise.resolve(plural === "nodes" ? nodes : [...leaving, ...staying]);
  return lookForRoom({ kube: { list } } as unknown as Cluster, leaving, ["drained"]);
}

describe("room for what must leave a node", () => {
  it("is what others left of the allocatable: pods that have ended ask for nothing", async () => {
    const others = [podOf("old", 20, { nodeName: "b" }, "Succeeded"), podOf("other", 4, { nodeName: "b" })];
    assert.equal((await look({ b: { memoryGi: 16 } }, [podOf("a", 12)], others)).isEnough, true);
    assert.equal((await look({ b: { memoryGi: 16 } }, [podOf("a", 13)], others)).isEnough, false);
  });

  it("is not on the node itself, on one that is cordoned or tainted, or on one without a label", async () => {
    const wanted = podOf("a", 1, { nodeSelector: { rack: "1" } });
    const taint: Taint = { key: "dedicated", effect: "NoSchedule" };
    const labels = { rack: "1" };
    const machines = {
      b: { memoryGi: 64, labels, cordoned: true },
      c: { memoryGi: 64, labels, taint },
      d: { memoryGi: 64 },
    };
    const { isEnough, detail } = await look(machines, [wanted]);
    assert.equal(isEnough, false);
    assert.match(detail, /b is cordoned, c has the taint dedicated, d has not the labels that it wants/);
    const tolerating = podOf("a", 1, { tolerations: [{ key: "dedicated", operator: "Exists" }] });
    assert.equal((await look({ c: machines.c }, [tolerating])).isEnough, true);
  });

  it("counts devices as it counts memory", async () => {
    const { isEnough, detail } = await look({ b: { memoryGi: 64, devices: 1 } }, [podOf("a", 1), podOf("c", 1)]);
    assert.equal(isEnough, false);
    assert.match(detail, /b has 0 of devices\.kubevirt\.io\/kvm free/);
  });

  it("is none where there is no other node", async () => {
    assert.match((await look({}, [podOf("a", 1)])).detail, /there is no other node/);
  });

  it("is enough only where all can be placed, and where all fit on one node it is", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (pods, free) => {
        const machines = Object.fromEntries(free.map((memoryGi, index) => [`n${index}`, { memoryGi }]));
        const leaving = pods.map((memoryGi, index) => podOf(`p${index}`, memoryGi));
        const { isEnough } = await look(machines, leaving);
        const total = pods.reduce((sum, one) => sum + one, 0);
        if (isEnough)
          assert.ok(total <= free.reduce((sum, one) => sum + one, 0) && Math.max(...pods) <= Math.max(...free));
        if (total <= Math.max(...free)) assert.equal(isEnough, true);
      }),
    );
  });
});
