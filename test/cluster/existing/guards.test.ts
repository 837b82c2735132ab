import assert from "node:assert/strict";
import { defaultClusterConfig } from "../../../src/cluster/existing/cluster-config.ts";
import { whyRefused, type Surroundings } from "../../../src/cluster/existing/guards.ts";
import type { Node } from "../../../src/kube/objects.ts";

function node(name: string, labels: Record<string, string> = {}, spec: Node["spec"] = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      creationTimestamp: "",
      labels: { "kubevirt.io/schedulable": "true", ...labels },
    },
    spec,
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
}

const controlPlane = node("cp", { "node-role.kubernetes.io/control-plane": "" });

function around(nodes: Node[], more: Partial<Surroundings> = {}): Surroundings {
  return { unasked: [], nodes: [controlPlane, ...nodes], ours: new Map(), strangers: new Map(), ...more };
}

const one = [{ namespace: "lab", name: "web", uid: "1" }];
const two = around([node("w1"), node("w2")]);

describe("the guards of an existing cluster", () => {
  it("let a node go while another takes its VMs", () => {
    assert.equal(whyRefused({ nodes: ["w1"], victims: one }, two, defaultClusterConfig), null);
  });

  it("ask nothing of the nodes of a fault that is aimed at VMs", () => {
    assert.equal(whyRefused({ nodes: [], victims: one }, around([]), defaultClusterConfig), null);
  });

  const kept = { nodes: ["w1"], selectors: [] };
  const storage = { nodes: [], selectors: ["role in (storage)"] };
  const cases: [what: string, reach: string[], Surroundings, Partial<typeof defaultClusterConfig>, RegExp][] = [
    ["a node of the control plane", ["cp"], two, {}, /^node cp belongs to the control plane$/],
    ["a protected node", ["w1"], two, { protected: kept }, /^node w1 is protected \(protected\.nodes\)$/],
    [
      "a node protected by its labels",
      ["w1"],
      around([node("w1", { role: "storage" }), node("w2")]),
      { protected: storage },
      /^node w1 is protected by role in \(storage\)/,
    ],
    [
      "the node Rebound runs on",
      ["w1"],
      { ...two, ours: new Map([["w1", "Rebound itself"]]) },
      {},
      /^Rebound itself runs on node w1$/,
    ],
    ["more nodes than allowed", ["w1", "w2"], two, {}, /^it would hit 2 nodes \(w1, w2\), and at most 1 may be hit/],
    [
      "a node with VMs of a namespace that has not opted in",
      ["w1"],
      { ...two, strangers: new Map([["w1", ["prod/db", "prod/web"]]]) },
      {},
      /^node w1 carries VM prod\/db and 1 more, whose namespace has not opted in \(label rebound\.dev\/opt-in=true\)$/,
    ],
    ["a node that is not there", ["w9"], two, {}, /^the cluster has no node w9$/],
    ["the last node that takes VMs", ["w1"], around([node("w1")]), {}, /^without w1 no node is left that takes VMs$/],
    [
      "the last node, where the others are cordoned, tainted, not KubeVirt's or not Ready",
      ["w1"],
      around([
        node("w1"),
        node("w2", {}, { unschedulable: true }),
        node("w3", {}, { taints: [{ key: "k", effect: "NoExecute" }] }),
        node("w4", { "kubevirt.io/schedulable": "false" }),
        { ...node("w5"), status: { conditions: [{ type: "Ready", status: "Unknown" }] } },
      ]),
      {},
      /^without w1 no node is left/,
    ],
  ];
  for (const [what, nodes, surroundings, config, complaint] of cases) {
    it(`refuse ${what}`, () => {
      const refusal = whyRefused({ nodes, victims: one }, surroundings, { ...defaultClusterConfig, ...config });
      assert.match(refusal ?? "nothing", complaint);
    });
  }

  it("refuse VMs of a namespace that has not opted in, and say how it does", () => {
    assert.match(
      whyRefused({ nodes: [], victims: one }, { ...two, unasked: ["lab"] }, defaultClusterConfig) ?? "",
      /^namespace lab has not opted in; .*kubectl label namespace lab rebound\.dev\/opt-in=true$/,
    );
  });

  it("refuse more victims than allowed, whatever the fault is", () => {
    const victims = Array.from({ length: 11 }, (_, index) => ({
      namespace: "lab",
      name: `vm${index}`,
      uid: `${index}`,
    }));
    assert.match(
      whyRefused({ nodes: [], victims }, two, defaultClusterConfig) ?? "",
      /^it would hit 11 VMs, and at most 10 may be hit at once \(most\.victims\)$/,
    );
  });
});
