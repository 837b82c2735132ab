import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { reachPlatformReady } from "../../src/experiment/platform-ready.ts";
import type { Resource } from "../../src/kube/resources.ts";
import { ManualClock } from "../clock/manual-clock.ts";

describe("the platform's readiness", () => {
  interface Part {
    name: string;
    ready?: boolean;
    since?: string;
    labels?: Record<string, string>;
    node?: string;
    phase?: string;
    deleted?: boolean;
  }

  function waitFor(
    nodes: Part[],
    pods: Part[] = [],
  ): { clock: ManualClock; done: Promise<void>; cluster: { nodes: Part[] } } {
    const clock = new ManualClock();
    const cluster = { nodes };
    const objectOf = ({ name, ready = true, since, labels = {}, node, phase, deleted }: Part) => ({
      metadata: { name, labels, ...(deleted && { deletionTimestamp: "now" }) },
      spec: { nodeName: node },
      status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "Unknown", lastTransitionTime: since }] },
    });
    const list = async ({ plural }: Resource) => (plural === "nodes" ? cluster.nodes : pods).map(objectOf);
    const description = { settings: {} };
    const done = reachPlatformReady(
      { kube: { list }, clock, description } as unknown as Cluster,
      new AbortController().signal,
    );
    done.catch(() => {});
    return { clock, done, cluster };
  }

  it("is there at once where nodes and components are ready", async () => {
    await waitFor([{ name: "a" }, { name: "b" }], [{ name: "virt-handler-x", node: "a" }]).done;
  });

  it("is waited for until a node is back and its virt-handler takes VMs again", async () => {
    const { clock, done, cluster } = waitFor([{ name: "a", ready: false }]);
    await clock.advance(10_000);
    cluster.nodes = [{ name: "a", labels: { "kubevirt.io/schedulable": "false" } }];
    await clock.advance(10_000);
    cluster.nodes = [{ name: "a", labels: { "kubevirt.io/schedulable": "true" } }];
    await clock.advance(2_000);
    await done;
  });

  it("that does not come is said with what lacks", async () => {
    for (const [nodes, pods, lack] of [
      [[{ name: "a", ready: false, since: "2026-01-01T00:00:00Z" }], [], /node a is not Ready/],
      [[{ name: "a", labels: { "kubevirt.io/schedulable": "false" } }], [], /virt-handler of node a takes no VMs/],
      [[{ name: "a" }], [{ name: "virt-api-x", node: "a", ready: false }], /pod virt-api-x is not Ready/],
      [[{ name: "a" }], [{ name: "virt-api-x", ready: false }], /pod virt-api-x is not Ready/],
    ] as const) {
      const { clock, done } = waitFor([...nodes], [...pods]);
      await clock.advance(600_000);
      await assert.rejects(done, { name: "DeadlineError", message: lack });
    }
  });

  it("does not wait for a node that was lost long ago, nor for pods that are over", async () => {
    await waitFor(
      [{ name: "a" }, { name: "dead", ready: false, since: "2025-12-01T00:00:00Z" }],
      [
        { name: "virt-handler-x", node: "dead", ready: false },
        { name: "virt-api-y", node: "a", ready: false, phase: "Failed" },
        { name: "virt-api-z", node: "a", ready: false, deleted: true },
      ],
    ).done;
  });
});
