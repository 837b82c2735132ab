import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { outcomes } from "../experiment/plan.ts";
import { dataFates, stageNames } from "../recovery/recovery.ts";

/** Milliseconds since the journal began. */
const instantMs = z.number();
const durationMs = z.number();

const interval = z.strictObject({ low: z.number(), high: z.number() });
const measured = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
const span = z.strictObject({ fromMs: instantMs, toMs: instantMs });

const identity = z.strictObject({
  vmiUid: z.string().nullable(),
  node: z.string().nullable(),
  bootId: z.string().nullable(),
});

const outcome = z.enum(outcomes);

const stuckOn = z.enum([
  "node-lost",
  "terminating",
  "unschedulable",
  "back-off",
  "restart-loop",
  "guest-hung",
  "migration",
  "paused",
  "not-ready",
  "not-created",
  "starting",
]);

/** The judgements there are; see `verdictColour` for what each says of the run. */
export const verdicts = [
  "recovered",
  "late",
  "as-expected",
  "not-recovered",
  "unexpected",
  "invalid",
  "not-injected",
  "skipped",
] as const;

const expectation = z.strictObject({
  outcome,
  withinMs: durationMs.nullable(),
  maxDowntimeMs: durationMs.nullable(),
  terminatingPods: z.enum(["left", "none"]).optional().describe("what must be of its pods on a lost node at the end"),
  mayBeTwice: z.literal(true).optional().describe("the platform warns that two guests of the VM may run at once"),
  migrationsAtOnce: z
    .strictObject({ fromNode: z.int(), inAll: z.int() })
    .optional()
    .describe("how many live migrations may be under way at once, by the live settings"),
  members: z.int().optional().describe("how many VMIs a replica set must have at any one time"),
  source: z.string().describe("where the platform documents this, or the scenario that says so"),
});

const judgement = z.strictObject({
  phase: z.string(),
  expected: expectation.nullable().describe("null where nothing is expected: a journal without a plan"),
  outcome,
  detail: z.string().describe("one sentence: what was seen"),
  verdict: z.enum(verdicts),
  reasons: z.array(z.string()).describe("sentences: why the verdict is not green, or why it was not judged"),
  on: stuckOn.nullable(),
  finalPhase: z.string().nullable().describe("the phase the VM ended in, where the outcome is `stopped`"),
  nodeChanged: z.boolean().nullable(),
  provenBy: z.enum(["answer", "agent", "readiness-probe", "ready-only"]).nullable(),
  goodAtMs: interval.nullable().describe("the lasting good stretch began between these instants"),
  ttrMs: measured.nullable(),
  fromReliefMs: measured.nullable(),
  endedMs: instantMs.nullable(),
  censoredAtMs: instantMs.nullable(),
  downtimeMs: measured.nullable(),
  users: z
    .array(
      z.strictObject({
        service: z.string(),
        served: z.boolean().describe("whether they are served at the phase's end"),
        ttrMs: measured.nullable(),
        fromReliefMs: measured.nullable(),
        downtimeMs: measured,
      }),
    )
    .optional()
    .describe("where Services stand before the VM: those who come through them, at a node where nothing is broken"),
  terminatingPods: z.int().min(0).describe("how many of its pods are marked for deletion at the end, and still there"),
  twiceMs: interval.nullable().describe("between these instants two guests of the VM were seen alive at once"),
  stages: z.array(z.strictObject({ name: z.enum(stageNames), ms: z.int() })),
  slowest: z.strictObject({ name: z.enum(stageNames), because: z.string() }).nullable(),
  advice: z.string().nullable().describe("the setting by which most could be gained, and how much it governs"),
  floorMs: durationMs.nullable().describe("the least TTR that the live settings allow"),
  evidence: z.array(z.strictObject({ atMs: instantMs, text: z.string() })),
});

const member = z.strictObject({ name: z.string(), outcome, ...identity.shape });

const variant = z.strictObject({
  name: z.string(),
  role: z.enum(["victim", "bystander"]),
  kind: z.enum(["VirtualMachine", "VirtualMachineInstance", "VirtualMachineInstanceReplicaSet"]),
  runStrategy: z.string().nullable(),
  evictionStrategy: z.string().nullable(),
  manifestSha256: z.string(),
  traits: z.record(z.string(), z.string()).describe("what may decide its fate beside how it is run, in words"),
  notes: z.array(z.string()).describe("what a reader must know: how it was changed, what of it is not judged"),
  repeat: z.int().min(1).describe("which repetition of the experiment, from 1"),
  injected: span.nullable(),
  bite: z
    .strictObject({
      atMs: instantMs,
      evidence: z.string(),
      refused: z.literal(true).optional().describe("it was asked for and refused, which is all that it did"),
    })
    .nullable(),
  judgements: z.array(judgement),
  before: identity,
  after: identity,
  members: z.array(member).describe("of a replica set: one per VMI"),
  data: z.enum(dataFates),
});

const experiment = z.strictObject({
  id: z.string(),
  scenario: z.string().describe("what `rebound run` is given to run it again: a name or a file"),
  title: z.string(),
  status: z.enum(["judged", "skipped"]),
  reason: z.string().nullable().describe("why it was skipped"),
  practices: z.array(z.string()),
  fault: z.strictObject({
    name: z.string(),
    parameters: z.record(z.string(), z.unknown()),
    target: z.array(z.string()).describe("what it was aimed at: VMIs or nodes"),
    scope: z.enum(["vm", "node", "cluster"]),
    sharing: z.enum(["independent", "queued", "exclusive"]),
  }),
  remedies: z.array(z.string()).describe("what was to be done after it, in order"),
  clusterEvictionStrategy: z.string().optional().describe("what VMs that state no eviction strategy go by"),
  journal: z.string().nullable().describe("path within the run's folder"),
  concurrentVictims: z.int().min(0),
  phases: z.array(z.strictObject({ name: z.string(), ...span.shape })),
  variants: z.array(variant),
});

const cluster = z.strictObject({
  provider: z.enum(["simulated", "kind", "existing"]),
  prediction: z.boolean().describe("true where the numbers come from a model and not from a cluster"),
  kubernetes: z.string(),
  kubevirt: z.string(),
  nodes: z.int().min(0),
  acceleration: z.enum(["kvm", "tcg", "simulated"]),
  cgroup: z.enum(["v1", "v2"]),
  settings: z.looseObject({
    nodeMonitorGracePeriodSeconds: z.number(),
    unreachableTolerationSeconds: z.number(),
    evictionStrategy: z.string(),
  }),
  operators: z.array(z.string()),
});

const practice = z.strictObject({
  id: z.string(),
  promise: z.string(),
  verdict: z.enum(["holds", "holds-with-conditions", "does-not-hold", "not-tested"]),
  conditions: z.array(z.string()),
  evidence: z.array(z.string()).describe("experiment/variant/phase"),
});

const count = z.int().min(0);

const remedyEffect = z.strictObject({
  fault: z.string().describe("the fault with its parameters, by which a node was lost"),
  remedy: z.string().describe("what was done, or `nothing`"),
  back: count.describe("how many VMs came back"),
  of: count.describe("of how many that are meant to run: Always and RerunOnFailure"),
  timeMs: interval.nullable().describe("the shortest and the longest time to come back, from what was done"),
  floorMs: durationMs.nullable().describe("the least that the live settings allow"),
  watchedMs: durationMs.describe("how long those that did not come back were watched, from what was done"),
  advice: z.string().nullable().describe("the setting by which most could be gained"),
  reason: z.string().nullable().describe("why it was not tried"),
  evidence: z.array(z.string()).describe("experiment/variant/phase"),
});

const summary = z.strictObject({ green: count, red: count, invalid: count, notInjected: count, skipped: count });

/** What `results.json` holds. It has no wall-clock facts: those are in `run.json`. */
export const resultsSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    seed: z.int(),
    options: z.array(z.string()).describe("further options of `rebound run` that are needed to run it again alike"),
    cluster,
    experiments: z.array(experiment),
    practices: z.array(practice),
    remedies: z.array(remedyEffect).describe("what each remedy buys for the VMs of a node that is lost"),
    summary,
  })
  .refine((results) => isDeepStrictEqual(results.summary, summarise(results.experiments)), {
    path: ["summary"],
    message: "does not count what the experiments say",
  });

export type Results = z.infer<typeof resultsSchema>;
export type ExperimentResult = z.infer<typeof experiment>;
export type VariantResult = z.infer<typeof variant>;
export type Judgement = z.infer<typeof judgement>;
export type RemedyEffect = z.infer<typeof remedyEffect>;
export type PracticeResult = z.infer<typeof practice>;
export type Summary = z.infer<typeof summary>;
export type Verdict = (typeof verdicts)[number];

/** What a verdict says of a run. */
export type VerdictColour = keyof Summary;

export const verdictColour: Record<Verdict, VerdictColour> = {
  recovered: "green",
  "as-expected": "green",
  late: "red",
  "not-recovered": "red",
  unexpected: "red",
  invalid: "invalid",
  "not-injected": "notInjected",
  skipped: "skipped",
};

/** Counts judgements by colour; an experiment that was skipped before it had any counts as one. */
export function summarise(experiments: ExperimentResult[]): Summary {
  const summary: Summary = { green: 0, red: 0, invalid: 0, notInjected: 0, skipped: 0 };
  for (const experiment of experiments) {
    const judgements = experiment.variants.flatMap((variant) => variant.judgements);
    for (const { verdict } of judgements) summary[verdictColour[verdict]]++;
    if (experiment.status === "skipped" && judgements.length === 0) summary.skipped++;
  }
  return summary;
}
