import assert from "node:assert/strict";
import { experimentResult } from "../../src/experiment/experiment-result.ts";
import type { Expectation, Outcome } from "../../src/experiment/plan.ts";
import type { Judgement } from "../../src/report/results.ts";
import { upVm } from "../recovery/story.ts";

function expecting(outcome: Outcome, source: string): Expectation {
  return { outcome, withinMs: 60_000, maxDowntimeMs: null, floorMs: null, source };
}

const instead = expecting("restarted", "the hazard");
const return_ = { ...expecting("resumed", "the rule"), unless: { ending: "NodeAffinity", instead } };

const plan = {
  id: "it",
  title: "a kubelet that stops, and starts again",
  namespace: "lab",
  practices: [],
  fault: { name: "kubelet-stop", parameters: {}, scope: "node", sharing: "independent" },
  remedies: [],
  settleMs: 5000,
  repeat: 1,
  cluster: { settings: { nodeMonitorGracePeriodSeconds: 50 } },
  phases: [
    { name: "observe", limitMs: 40_000 },
    { name: "return", limitMs: 60_000 },
  ],
  variants: [
    {
      name: "web",
      role: "victim",
      kind: "VirtualMachine",
      runStrategy: "Always",
      evictionStrategy: null,
      manifests: [{ metadata: { name: "web" }, spec: { template: { spec: { domain: { devices: {} } } } } }],
      manifestSha256: "",
      expectations: { observe: expecting("stuck", "the rule"), return: return_ },
      skip: null,
    },
  ],
};

/** A VM that is started anew once its node's kubelet is back; `failure` is why its launcher pod Failed. */
function afterReturn(failure: string, phase = "Failed"): Judgement {
  const lines = upVm()
    .line(0, { kind: "plan", plan })
    .line(60_000, { kind: "phase", name: "observe", phase: "start" })
    .action(60_000, 60_200, "inject", { fault: "kubelet-stop" })
    .line(60_200, { kind: "bite", variant: "web", vmiUid: "old", from: 60, to: 60.2, evidence: "it is stopped" })
    .vmi(70_000, "old", "Running")
    .line(100_000, { kind: "phase", name: "observe", phase: "end" })
    .line(100_000, { kind: "phase", name: "return", phase: "start" })
    .action(100_000, 100_300, "revert", { fault: "kubelet-stop" })
    .pod(101_000, "old", { failure })
    .vmi(102_000, "old", phase)
    .vmi(103_000, "old", phase, { gone: true })
    .vmi(104_000, "new", "Running", { ready: true })
    .line(160_000, { kind: "phase", name: "return", phase: "end" })
    .journal(undefined, 161_000);
  const { variants } = experimentResult(lines, { name: "it", journal: null });
  return variants[0]!.judgements[1]!;
}

describe("what an experiment's journal says", () => {
  it("is held against what is expected of a hazard, where a pod's failure tells that it was met", () => {
    const { verdict, expected } = afterReturn("NodeAffinity");
    assert.deepEqual([verdict, expected?.source], ["recovered", "the hazard"]);
  });

  it("is held against what is expected of a hazard, where the phase that its VMI ended in tells that it was met", () => {
    const unless = { ending: "Succeeded", instead };
    plan.variants[0]!.expectations.return = { ...return_, unless };
    assert.equal(afterReturn("Evicted", "Succeeded").expected?.source, "the hazard");
    assert.equal(afterReturn("Evicted", "Failed").expected?.source, "the rule");
    plan.variants[0]!.expectations.return = return_;
  });

  it("is held against the rule where a pod failed for any other reason", () => {
    const { verdict, expected } = afterReturn("Evicted");
    assert.deepEqual([verdict, expected?.source], ["unexpected", "the rule"]);
  });
});
