import type { StageName } from "../../src/recovery/recovery.ts";
import type { ExperimentResult, Judgement, Results, VariantResult, Verdict } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant, hostileName, measured, someResults } from "./fixture.ts";

const runStrategies = ["Always", "RerunOnFailure", "Manual", "Once"] as const;

/** Four faults on seven kinds of VM and more: every verdict, outcome, phase and hostile name a report may meet. */
export function realisticResults(): Results {
  const experiments = [vmCrash(), nodeShutdown(), oomKill(), probeFailure(), oddities(), skippedExperiment()];
  return someResults(experiments, {
    practices: [
      {
        id: "run-strategy",
        promise: "With runStrategy Always or RerunOnFailure, VMs are restarted after a failure",
        verdict: "holds-with-conditions",
        conditions: [
          "not where the node is lost and nothing fences it",
          "RerunOnFailure: not after a clean shutdown of the guest",
        ],
        evidence: ["vm-crash/always/observe", "node-shutdown/always/observe"],
      },
      {
        id: "probes",
        promise: "A liveness probe restarts a VM whose guest hangs",
        verdict: "holds",
        conditions: [],
        evidence: ["probe-failure/always/observe"],
      },
      {
        id: "live-migration",
        promise: "A drain moves every VM without a stop",
        verdict: "not-tested",
        conditions: [],
        evidence: [],
      },
    ],
  });
}

function strategies(
  make: (strategy: (typeof runStrategies)[number], index: number) => Partial<VariantResult>,
): VariantResult[] {
  return runStrategies.map((runStrategy, index) =>
    aVariant({ name: runStrategy.toLowerCase(), runStrategy, ...make(runStrategy, index) }),
  );
}

function halted(): VariantResult {
  const none = { vmiUid: null, node: null, bootId: null };
  const judgement = aJudgement({
    ...noTimes,
    expected: {
      outcome: "stopped",
      withinMs: null,
      maxDowntimeMs: null,
      source: "KubeVirt user guide, run strategies: Halted",
    },
    outcome: "stopped",
    detail: "no instance ever ran",
    verdict: "as-expected",
    evidence: [],
  });
  return aVariant({
    name: "halted",
    role: "bystander",
    runStrategy: "Halted",
    injected: null,
    bite: null,
    before: none,
    after: none,
    judgements: [judgement],
    data: "unknown",
  });
}

const noTimes = {
  ttrMs: null,
  goodAtMs: null,
  downtimeMs: null,
  twiceMs: null,
  terminatingPods: 0,
  stages: [],
  slowest: null,
  floorMs: null,
  provenBy: null,
  nodeChanged: null,
} satisfies Partial<Judgement>;

function comeback(
  totalMs: number,
  shares: Partial<Record<StageName, number>>,
  over: Partial<Judgement> = {},
): Judgement {
  const names = Object.entries(shares) as [StageName, number][];
  const whole = names.reduce((sum, [, share]) => sum + share, 0);
  const stages = names.map(([name, share]) => ({ name, ms: Math.round((totalMs * share) / whole) }));
  const slowest = stages.reduce((a, b) => (b.ms > a.ms ? b : a));
  const value = stages.reduce((sum, { ms }) => sum + ms, 0);
  return aJudgement({
    stages,
    ttrMs: measured(value, 130),
    goodAtMs: { low: 41_000 + value - 100, high: 41_000 + value + 100 },
    downtimeMs: measured(value - 300, 1000),
    slowest: { name: slowest.name, because: aJudgement().slowest?.because ?? "" },
    ...over,
  });
}

function stopped(finalPhase: string, verdict: Verdict = "as-expected"): Judgement {
  return aJudgement({
    ...noTimes,
    expected: {
      outcome: verdict === "as-expected" ? "stopped" : "restarted",
      withinMs: verdict === "as-expected" ? null : 90_000,
      maxDowntimeMs: null,
      source: "KubeVirt user guide, run strategies: Manual is never restarted by the controller",
    },
    outcome: "stopped",
    detail: `its last instance ended as ${finalPhase} and no other was wanted`,
    verdict,
    reasons:
      verdict === "as-expected" ? [] : ["The controller never created another instance: the guest ended in order."],
    finalPhase,
    endedMs: 42_050,
  });
}

function stuck(on: NonNullable<Judgement["on"]>, verdict: Verdict, over: Partial<Judgement> = {}): Judgement {
  return aJudgement({
    ...noTimes,
    expected: {
      outcome: verdict === "as-expected" ? "stuck" : "restarted",
      withinMs: verdict === "as-expected" ? null : 480_000,
      maxDowntimeMs: null,
      source:
        "KubeVirt user guide, unresponsive nodes: a VM on a dead node stays there until its pod is removed by force",
    },
    outcome: "stuck",
    detail: "its instance is still bound to worker-1, whose kubelet has not been heard of since",
    verdict,
    reasons: verdict === "as-expected" ? [] : ["It had not come back when the phase ended."],
    on,
    censoredAtMs: 521_000,
    ...over,
  });
}

function vmCrash(): ExperimentResult {
  const variants = strategies((strategy, index) => ({
    judgements: [
      strategy === "Manual" || strategy === "Once"
        ? stopped("Failed")
        : comeback(26_000 + 1700 * index, {
            detect: 1,
            terminate: 0.4,
            recreate: 0.2,
            schedule: 0.1,
            launch: 4,
            boot: 18,
            answer: 2,
          }),
    ],
  }));
  const set = aVariant({
    name: "replica-set",
    kind: "VirtualMachineInstanceReplicaSet",
    runStrategy: null,
    judgements: [comeback(31_800, { detect: 1, recreate: 1, schedule: 0.1, launch: 4, boot: 22 })],
    members: [
      { name: "replica-set-7xk2p", outcome: "restarted", vmiUid: "0c1d-1", node: "worker-1", bootId: "aa01" },
      { name: "replica-set-b94mn", outcome: "undisturbed", vmiUid: "0c1d-2", node: "worker-3", bootId: "aa02" },
    ],
  });
  const bare = aVariant({
    name: "bare-vmi",
    kind: "VirtualMachineInstance",
    runStrategy: null,
    judgements: [stopped("Failed")],
  });
  return anExperiment({ variants: [...variants, bare, set, halted()] });
}

function nodeShutdown(): ExperimentResult {
  const relief = { name: "out-of-service", fromMs: 521_000, toMs: 640_000 };
  const variants = strategies((strategy) => ({
    bite: { atMs: 41_000, evidence: "worker-1 has no power; its lease was last renewed at 38.2 s" },
    judgements: [
      stuck("node-lost", "as-expected"),
      strategy === "Manual" || strategy === "Once"
        ? { ...stopped("Failed"), phase: "out-of-service", endedMs: 523_400 }
        : comeback(
            510_000,
            { detect: 48, held: 432, remedy: 0.8, recreate: 0.6, schedule: 0.2, launch: 4, boot: 21 },
            {
              phase: "out-of-service",
              fromReliefMs: measured(26_900, 200),
              slowest: {
                name: "held",
                because: "nobody fenced the node for 8 min: no remediation operator is installed",
              },
            },
          ),
    ],
  }));
  return anExperiment({
    id: "node-shutdown",
    title: "A node loses power, then gets the out-of-service taint",
    fault: {
      name: "node-shutdown",
      parameters: { how: "power-off" },
      target: ["worker-1"],
      scope: "node",
      sharing: "independent",
    },
    remedies: [],
    journal: "journals/node-shutdown.jsonl",
    concurrentVictims: 4,
    phases: [{ name: "observe", fromMs: 41_000, toMs: 521_000 }, relief],
    variants: [...variants, halted()],
  });
}

function oomKill(): ExperimentResult {
  const variants = strategies((strategy, index) => ({
    bite: { atMs: 41_000, evidence: "the kernel killed 812 (qemu-kvm) in the compute container; memory limit 384Mi" },
    judgements: [
      strategy === "Once"
        ? stopped("Failed")
        : strategy === "Manual"
          ? stopped("Failed", "unexpected")
          : comeback(
              66_000 + 45_000 * index,
              { detect: 36, terminate: 1, recreate: 0.3, schedule: 0.1, launch: 4, boot: 21 },
              index === 1
                ? {
                    verdict: "late",
                    reasons: ["It came back, but 21.0 s after its limit."],
                    slowest: {
                      name: "detect",
                      because: "the watchdog of virt-handler looks every 10 s, after 30 s of silence",
                    },
                  }
                : {},
            ),
    ],
  }));
  return anExperiment({
    id: "oom-kill",
    title: "The VM's memory limit is hit and the kernel kills it",
    journal: "journals/oom-kill.jsonl",
    variants,
  });
}

function probeFailure(): ExperimentResult {
  const variants = strategies((strategy) => ({
    judgements: [
      strategy === "RerunOnFailure"
        ? stopped("Succeeded", "not-recovered")
        : comeback(58_200, { detect: 30, terminate: 3, recreate: 0.3, schedule: 0.1, launch: 4, boot: 20 }),
    ],
  }));
  const ready = aVariant({
    name: "readiness-port-closed",
    after: aVariant().before,
    data: "kept",
    judgements: [
      comeback(
        31_000,
        { held: 30, ready: 1 },
        {
          outcome: "resumed",
          nodeChanged: false,
          provenBy: "readiness-probe",
          floorMs: null,
          fromReliefMs: measured(1020, 150),
        },
      ),
    ],
  });
  const calm = aVariant({
    name: "no-probe",
    role: "bystander",
    after: aVariant().before,
    data: "kept",
    judgements: [
      aJudgement({
        ...noTimes,
        expected: { outcome: "undisturbed", withinMs: null, maxDowntimeMs: 0, source: "no probe, nothing to fail" },
        outcome: "undisturbed",
        detail: "never unready, never silent",
        verdict: "as-expected",
      }),
    ],
  });
  return anExperiment({
    id: "probe-failure",
    title: "The liveness probe's port stops answering",
    fault: {
      name: "probe-failure",
      parameters: { probe: "liveness", port: 1500 },
      target: ["rebound/always"],
      scope: "vm",
      sharing: "independent",
    },
    remedies: [],
    journal: "journals/probe-failure.jsonl",
    variants: [...variants, ready, calm],
  });
}

/** What goes wrong with measurements, and names that people should not choose. */
function oddities(): ExperimentResult {
  const unknown = aJudgement({
    ...noTimes,
    outcome: "unknown",
    detail: "pods were not seen between 44.1 s and 61.9 s",
    verdict: "invalid",
    reasons: ["The watch of pods was lost for 17.8 s; a transition in it could have been missed."],
  });
  const unbitten = aJudgement({
    ...noTimes,
    outcome: "undisturbed",
    detail: "never unready, never silent",
    verdict: "not-injected",
    reasons: ["Nothing shows that the kill took effect: qemu still has the process id that it had before."],
  });
  const noRule = aJudgement({
    ...noTimes,
    expected: null,
    outcome: "migrated",
    detail: "its instance moved to worker-3",
    verdict: "skipped",
    reasons: ["No rule says what this platform does here."],
  });
  return anExperiment({
    id: "oddities",
    scenario: "my scenarios/odd ones.ts",
    title: `What a report must bear, <b>named</b> by ${hostileName}`,
    journal: "journals/oddities.jsonl",
    variants: [
      aVariant({ name: "watch-lost", judgements: [unknown] }),
      aVariant({ name: "not-bitten", bite: null, judgements: [unbitten], after: aVariant().before }),
      aVariant({
        name: "no-rule",
        notes: ["its GPU was left out: the simulated cluster has none"],
        judgements: [noRule],
      }),
      aVariant({ name: hostileName, judgements: [stuck("unschedulable", "not-recovered", { detail: hostileName })] }),
      ...[1, 2, 3].map((repeat) =>
        aVariant({
          name: "thrice",
          repeat,
          judgements: [comeback(22_000 + 900 * repeat, { detect: 1, launch: 4, boot: 16 })],
        }),
      ),
    ],
  });
}

function skippedExperiment(): ExperimentResult {
  return anExperiment({
    id: "node-freeze",
    title: "A node freezes for a minute",
    status: "skipped",
    reason: "the simulated cluster cannot freeze a node",
    journal: null,
    concurrentVictims: 0,
    phases: [],
    variants: [],
  });
}
