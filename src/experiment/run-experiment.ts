import { withDeadline } from "../clock/deadline.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../errors.ts";
import type { Fault, Hit, Victim } from "../faults/fault.ts";
import type { JournalWriter } from "../observe/journal-writer.ts";
import { startRecorder } from "../observe/recorder.ts";
import { UndoStack } from "../safety/undo-stack.ts";
import { deploy } from "./deploy.ts";
import type { Plan, PlannedPhase } from "./plan.ts";
import type { OnProgress } from "./progress.ts";
import { reachSteadyState } from "./steady-state.ts";
import { chooseNode, findVictims } from "./victims.ts";

export interface RunOptions {
  cluster: Cluster;
  journal: JournalWriter;
  /** Ends the experiment early: what was done is undone, and the journal says so. */
  signal: AbortSignal;
  onProgress: OnProgress;
}

/** Longest time that hands may take on a cluster, to inject or to revert, in milliseconds. */
const handsMs = 300_000;

/** How an experiment's run ended; the last line of its journal says the same. */
export interface RunEnd {
  status: "complete" | "interrupted" | "failed";
  reason?: string;
}

/**
 * Runs one planned experiment: deploys its variants, waits for the steady state, injects the fault once, observes
 * each phase, and undoes everything whatever happened. All that was planned, done and seen goes to the journal,
 * which is judged afterwards; this function judges nothing and does not throw.
 */
export async function runExperiment(plan: Plan, fault: Fault, options: RunOptions): Promise<RunEnd> {
  const { cluster, journal } = options;
  const undo = new UndoStack(cluster.clock);
  journal.append({ kind: "plan", plan });
  let end: RunEnd;
  try {
    end = await perform(plan, fault, options, undo);
  } catch (error) {
    end = options.signal.aborted
      ? { status: "interrupted", reason: "interrupted" }
      : { status: "failed", reason: messageOf(error) };
  }
  report(plan, options, "undo", null);
  const leftovers = await undo.unwind();
  if (leftovers.length > 0 && end.status === "complete") {
    end = { status: "failed", reason: `not undone: ${leftovers.join("; ")}` };
  }
  journal.close(end.status, end.reason);
  report(plan, options, "done", null);
  return end;
}

async function perform(plan: Plan, fault: Fault, options: RunOptions, undo: UndoStack): Promise<RunEnd> {
  const { cluster, journal } = options;
  const node = fault.scope === "node" ? await chooseNode(cluster) : null;
  if (fault.scope === "node" && node === null)
    return { status: "failed", reason: "there is no schedulable worker to lose" };
  const answers = new Set<string>();
  using _listening = listenForAnswers(journal, answers);
  await using recorder = await startRecorder(cluster, journal, plan.namespace);
  const signal = AbortSignal.any([options.signal, recorder.failed]);

  report(plan, options, "deploy", null);
  await deploy(plan, cluster, journal, undo, node);

  report(plan, options, "steady-state", null);
  journal.append({ kind: "phase", name: "steady-state", phase: "start" });
  await reachSteadyState(plan, cluster, (uid) => answers.has(uid), node, signal);
  journal.append({ kind: "phase", name: "steady-state", phase: "end" });

  const victims = await findVictims(plan, cluster);
  undo.push(`fault ${fault.name}`, () => fault.revert(cluster, victims));
  for (const phase of plan.phases) {
    journal.append({ kind: "phase", name: phase.name, phase: "start" });
    const guarded = { ...options, signal };
    if (phase.name === "observe") await inject(plan, fault, victims, guarded);
    else await revert(plan, fault, victims, guarded);
    await watch(plan, phase, guarded);
    journal.append({ kind: "phase", name: phase.name, phase: "end" });
  }
  return { status: "complete" };
}

/** Keeps `answering` the UIDs of the VMIs whose guests answered when they were last asked. */
function listenForAnswers(journal: JournalWriter, answering: Set<string>): Disposable {
  const stop = journal.onLine((line) => {
    if (line.kind !== "sample") return;
    if (line.ok) answering.add(line.uid);
    else answering.delete(line.uid);
  });
  return { [Symbol.dispose]: stop };
}

async function inject(plan: Plan, fault: Fault, victims: Victim[], options: RunOptions): Promise<void> {
  const { cluster, journal, signal } = options;
  report(plan, options, "inject", null);
  const target = fault.targets(victims);
  journal.append({ kind: "action", name: "inject", phase: "start", fault: fault.name, target });
  const injecting = () => fault.inject(cluster, victims);
  const hits = await withDeadline(cluster.clock, handsMs, injecting, `the fault ${fault.name} to be injected`, signal);
  for (const hit of hits) journalHit(hit, options);
  const result = `${hits.filter((hit) => hit.receipt !== null).length} of ${hits.length} hit`;
  journal.append({ kind: "action", name: "inject", phase: "end", fault: fault.name, result });
}

function journalHit({ victim, receipt, refusal }: Hit, { journal }: RunOptions): void {
  const variant = victim.variant.name;
  if (receipt === null) {
    journal.append({ kind: "action", name: "refused", variant, result: refusal ?? "refused" });
    return;
  }
  journal.append({
    kind: "bite",
    variant,
    vmiUid: victim.vmi.uid,
    from: journal.secondsAt(receipt.fromMs),
    to: journal.secondsAt(receipt.toMs),
    evidence: receipt.evidence,
  });
}

async function revert(plan: Plan, fault: Fault, victims: Victim[], options: RunOptions): Promise<void> {
  const { cluster, journal, signal } = options;
  report(plan, options, "return", null);
  journal.append({ kind: "action", name: "revert", phase: "start", fault: fault.name });
  const reverting = () => fault.revert(cluster, victims);
  await withDeadline(cluster.clock, handsMs, reverting, `the fault ${fault.name} to be reverted`, signal);
  journal.append({ kind: "action", name: "revert", phase: "end", fault: fault.name });
}

async function watch(plan: Plan, phase: PlannedPhase, options: RunOptions): Promise<void> {
  const { cluster, signal } = options;
  report(plan, options, phase.name, cluster.clock.now() + phase.limitMs);
  await cluster.clock.sleep(phase.limitMs, signal);
}

function report(plan: Plan, { cluster, onProgress }: RunOptions, stage: string, untilMs: number | null): void {
  onProgress({ experiment: plan.id, stage, atMs: cluster.clock.now(), untilMs });
}
