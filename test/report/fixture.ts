import type { Measured, Stage } from "../../src/recovery/recovery.ts";
import { summarise } from "../../src/report/results.ts";
import type { ExperimentResult, Judgement, Results, VariantResult } from "../../src/report/results.ts";

/** A name that would do harm wherever it is not escaped. */
export const hostileName = `"><script>alert(1)</script>|\`$(id)\` 'x' \u001b[31m${"long-".repeat(8)}`;

export function measured(value: number, half: number): Measured {
  return { value, low: value - half, high: value + half };
}

export function aJudgement(over: Partial<Judgement> = {}): Judgement {
  const stages: Stage[] = [
    { name: "detect", ms: 1040 },
    { name: "terminate", ms: 380 },
    { name: "recreate", ms: 210 },
    { name: "schedule", ms: 35 },
    { name: "launch", ms: 3910 },
    { name: "boot", ms: 18_305 },
    { name: "answer", ms: 2500 },
  ];
  return {
    phase: "observe",
    expected: {
      outcome: "restarted",
      withinMs: 90_000,
      maxDowntimeMs: null,
      source: "KubeVirt user guide, run strategies: Always starts a new instance whenever the last one ended",
    },
    outcome: "restarted",
    detail: "a new instance runs on worker-2 and its guest answers",
    verdict: "recovered",
    reasons: [],
    on: null,
    finalPhase: null,
    nodeChanged: true,
    provenBy: "answer",
    goodAtMs: { low: 67_100, high: 67_500 },
    ttrMs: measured(26_380, 240),
    fromReliefMs: null,
    twiceMs: null,
    terminatingPods: 0,
    endedMs: null,
    censoredAtMs: null,
    downtimeMs: measured(26_100, 1000),
    stages,
    slowest: { name: "boot", because: "the guest's own boot; no setting of the platform governs it" },
    advice: "1.0 of 26 s: the liveness probe: every 5 s, 3 failures, first after 20 s",
    floorMs: 8200,
    evidence: [
      { atMs: 41_120, text: "VMI d7b1c0de-0001 Failed: the domain is gone" },
      { atMs: 42_540, text: "VMI d7b1c0de-0002 created (event SuccessfulCreate)" },
      { atMs: 46_700, text: "pod virt-launcher-always-x2x7p scheduled to worker-2" },
      { atMs: 67_400, text: "the guest answers with boot id 77aa" },
    ],
    ...over,
  };
}

export function aVariant(over: Partial<VariantResult> = {}): VariantResult {
  return {
    name: "always",
    role: "victim",
    kind: "VirtualMachine",
    runStrategy: "Always",
    evictionStrategy: "LiveMigrate",
    manifestSha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    traits: {},
    notes: [],
    repeat: 1,
    injected: { fromMs: 40_900, toMs: 41_060 },
    bite: { atMs: 41_000, evidence: "qemu (pid 4711) is gone" },
    judgements: [aJudgement()],
    before: { vmiUid: "d7b1c0de-0001-4000-8000-000000000000", node: "worker-1", bootId: "41f0" },
    after: { vmiUid: "d7b1c0de-0002-4000-8000-000000000000", node: "worker-2", bootId: "77aa" },
    members: [],
    data: "lost-by-design",
    ...over,
  };
}

export function anExperiment(over: Partial<ExperimentResult> = {}): ExperimentResult {
  return {
    id: "vm-crash",
    scenario: "basics",
    title: "The VM's qemu process is killed",
    status: "judged",
    reason: null,
    practices: ["run-strategy"],
    fault: { name: "vm-crash", parameters: {}, target: ["rebound/always"], scope: "vm", sharing: "independent" },
    remedies: [],
    journal: "journals/vm-crash.jsonl",
    concurrentVictims: 6,
    phases: [{ name: "observe", fromMs: 41_000, toMs: 521_000 }],
    variants: [aVariant()],
    ...over,
  };
}

export function someResults(experiments: ExperimentResult[], over: Partial<Results> = {}): Results {
  return {
    schemaVersion: 1,
    seed: 7,
    options: [],
    cluster: {
      provider: "simulated",
      prediction: true,
      kubernetes: "v1.36.2",
      kubevirt: "v1.9.0",
      nodes: 4,
      acceleration: "simulated",
      cgroup: "v2",
      settings: {
        nodeMonitorGracePeriodSeconds: 50,
        unreachableTolerationSeconds: 300,
        evictionStrategy: "LiveMigrate",
      },
      operators: [],
    },
    experiments,
    practices: [],
    remedies: [],
    summary: summarise(experiments),
    ...over,
  };
}
