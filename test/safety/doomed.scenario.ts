import { deleteNode, experiment, outOfServiceTaint, podDelete, vm, type Fault } from "rebound";

const base = podDelete();

/** A fault of a user's own, which only this file knows how to take back. */
const cordonAndDelete: Fault = {
  ...base,
  name: "cordon-and-delete",
  scope: "node",
  inject: async (cluster, victims) => {
    for (const { node } of victims) await cordon(cluster, node, true);
    return base.inject(cluster, victims);
  },
  revert: async (cluster, victims) => {
    for (const { node } of victims) await cordon(cluster, node, null);
  },
};

const nodes = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };

async function cordon({ kube }: Parameters<Fault["inject"]>[0], node: string, unschedulable: true | null) {
  await kube.mergePatch(nodes, node, undefined, { spec: { unschedulable } });
}

const stopped = { manual: "stopped" as const };

const doomed = experiment({
  id: "doomed",
  title: "A run that is killed can be undone",
  fault: cordonAndDelete,
  variants: [vm("manual", { runStrategy: "Manual" })],
  remedies: [outOfServiceTaint(), deleteNode()],
  expect: stopped,
  expectAfter: { "out-of-service-taint": stopped, "delete-node": stopped, return: stopped },
  observe: "30s",
});

export { doomed as default };
