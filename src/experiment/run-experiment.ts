import { withDeadline } from "../clock/deadline.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../errors.ts";
import type { Fault, Hit, Victim } from "../faults/fault.ts";
import type { JournalWriter } from "../observe/journal-writer.ts";
import { startLogs } from "../observe/logs.ts";
import { startRecorder } from "../observe/recorder.ts";
import type { Remedy } from "../remedies/remedy.ts";
import { leftovers, takeSnapshot, type Snapshot } from "../safety/snapshot.ts";
import type { UndoJournal } from "../safety/undo-journal.ts";
import { UndoStack } from "../safety/undo-stack.ts";
import { revertFault } from "../safety/undo-step.ts";
import { setEvictionStrategy } from "./cluster-default.ts";
import { deploy } from "./deploy.ts";
import { handOver } from "./hand-over.ts";
import { scenarioFile } from "./load-scenarios.ts";
import { whoNeedsHelp } from "./need.ts";
import { kubeVirtNamespaceOf, type Plan, type PlannedPhase } from "./plan.ts";
import { reachPlatformReady } from "./platform-ready.ts";
import type { OnProgress } from "./progress.ts";
import { reachSteadyState } from "./steady-state.ts";
import { chooseNodes, doomedNodes, findVictims, whyNotAllowed } from "./victims.ts";
import { watchPhase } from "./watch-phase.ts";

/** What is done to the cluster, and after. */
export interface Deeds {
  fault: Fault;
  /** In the order of the plan's. */
  remedies: Remedy[];
}

export interface RunOptions {
  cluster: Cluster;
  journal: JournalWriter;
  /** Where what will put the cluster back is written down first. */
  undoJournal: UndoJournal;
  /** A folder for the logs of victims and their nodes; null where none are kept. */
  logs: string | null;
  /** Ends the experiment early: what was done is undone, and the journal says so. */
  signal: AbortSignal;
  onProgress: OnProgress;
  /** Whether its VMs stay, in a namespace that is its user's from then on. */
  keep?: boolean;
}

/** Longest time that hands may take on a cluster, to inject or to revert, in milliseconds. */
const handsMs = 300_000;

/** How an experiment's run ended; the last line of its journal says the same. */
export interface RunEnd {
  status: "complete" | "interrupted" | "failed";
  reason?: string;
}

/**
 * Runs one planned experiment: deploys its variants, waits for the steady state, injects the fault once, observes,
 * applies its remedies, takes the fault back, each with a phase of its own, and undoes everything whatever happened. All that was planned, done and seen goes to the journal,
 * which is judged afterwards; this function judges nothing and does not throw.
 */
export async function runExperiment(plan: Plan, deeds: Deeds, options: RunOptions): Promise<RunEnd> {
  const { cluster, journal } = options;
  const undo = new UndoStack(cluster, options.undoJournal, () => Promise.resolve(deeds.fault));
  journal.append({ kind: "plan", plan });
  let end: RunEnd;
  let before: Snapshot | null = null;
  const touched = new Set<string>();
  try {
    // A simulated cluster is each experiment's own, and whole.
    if (!plan.cluster.prediction) await reachPlatformReady(cluster, options.signal);
    before = await takeSnapshot(cluster, plan.namespace);
    end = await perform(plan, deeds, options, undo, touched);
  } catch (error) {
    end = options.signal.aborted
      ? { status: "interrupted", reason: messageOf(options.signal.reason) }
      : { status: "failed", reason: messageOf(error) };
  }
  report(plan, options, "undo", null);
  if (options.keep === true && plan.live !== true) await handOver(plan.namespace, cluster);
  const failures = (await undo.unwind()).map((failure) => `not undone: ${failure}`);
  const surveyed = { namespace: plan.namespace, ...(plan.cluster.provider === "existing" && { touched }) };
  const left =
    before === null ? [] : await leftovers(before, cluster, surveyed).catch((error: unknown) => [messageOf(error)]);
  const remains = [...failures, ...left.map((mark) => `left over: ${mark}`)];
  if (remains.length > 0)
    end = { status: "failed", reason: [end.reason, ...remains].filter((part) => part !== undefined).join("; ") };
  journal.close(end.status, end.reason);
  report(plan, options, "done", null);
  return end;
}

/** @param touched receives the nodes of the victims, once they are known */
async function perform(
  plan: Plan,
  deeds: Deeds,
  options: RunOptions,
  undo: UndoStack,
  touched: Set<string>,
): Promise<RunEnd> {
  const { cluster, journal } = options;
  const { fault } = deeds;
  const needsNode = fault.scope === "node" || plan.variants.some(({ pinned }) => pinned === true);
  const nodes = needsNode && plan.live !== true ? await chooseNodes(cluster) : [];
  const node = nodes[0] ?? null;
  const answers = new Set<string>();
  using _listening = listenForAnswers(journal, answers);
  const places = { namespace: plan.namespace, kubeVirtNamespace: kubeVirtNamespaceOf(plan.cluster) };
  await using logs = options.logs === null ? null : await startLogs(cluster, { folder: options.logs, ...places });
  await using recorder = await startRecorder(cluster, journal, {
    ...places,
    awayFrom: await doomedNodes(plan, cluster, node),
  });
  const signal = AbortSignal.any([options.signal, recorder.failed]);
  const hearing = { answers: (uid: string) => !recorder.asks || answers.has(uid), deaf: () => recorder.deaf };

  if (plan.live !== true) {
    report(plan, options, "deploy", null);
    await setEvictionStrategy(plan, cluster, undo);
    await deploy(plan, cluster, journal, undo, nodes, hearing, signal);
  }

  report(plan, options, "steady-state", null);
  journal.append({ kind: "phase", name: "steady-state", phase: "start" });
  await reachSteadyState(plan, cluster, hearing, node, signal);
  journal.append({ kind: "phase", name: "steady-state", phase: "end" });

  const victims = await findVictims(plan, cluster);
  const refusal = await whyNotAllowed(plan, victims, cluster);
  if (refusal !== null) return { status: "failed", reason: `the guards refuse it: ${refusal}` };
  for (const victim of victims) touched.add(victim.node);
  await logs?.followNodes([...touched]);
  const undisturbed = undo.depth;
  await undo.push(revertFault(fault, victims, scenarioFile(plan.scenario)));
  for (const phase of plan.phases) {
    journal.append({ kind: "phase", name: phase.name, phase: "start" });
    const guarded = { ...options, signal };
    if (phase.name === "observe") await inject(plan, fault, victims, guarded);
    else if (phase.name === "return") await revert(plan, undo, undisturbed, guarded);
    else await remedy(plan, remedyOf(phase, deeds), victims, undo, guarded);
    report(plan, options, phase.name, cluster.clock.now() + phase.limitMs);
    const isSettled = await watchPhase(phase, { clock: cluster.clock, journal, signal });
    const reason = isSettled ? { reason: "all have settled" } : {};
    journal.append({ kind: "phase", name: phase.name, phase: "end", ...reason });
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

function journalHit(hit: Hit, { journal }: RunOptions): void {
  const variant = hit.victim.variant.name;
  if (hit.reason !== undefined) {
    const name = hit.receipt === null && !hit.refused ? "not-hit" : "refused";
    journal.append({ kind: "action", name, variant, result: hit.reason });
  }
  if (hit.receipt === null) return;
  journal.append({
    kind: "bite",
    variant,
    vmiUid: hit.victim.vmi.uid,
    from: journal.secondsAt(hit.receipt.fromMs),
    to: journal.secondsAt(hit.receipt.toMs),
    evidence: hit.receipt.evidence,
  });
}

function remedyOf(phase: PlannedPhase, { remedies }: Deeds): Remedy {
  const found = remedies.find(({ name }) => name === phase.name);
  if (found === undefined) throw new Error(`the plan has a phase ${phase.name} and no remedy of that name`);
  return found;
}

/** Applies a remedy to the victims that need it, a step to all. @throws Error where none does: it would prove nothing */
async function remedy(
  plan: Plan,
  remedy: Remedy,
  victims: Victim[],
  undo: UndoStack,
  options: RunOptions,
): Promise<void> {
  const { cluster, journal, signal } = options;
  report(plan, options, remedy.name, null);
  const needy = remedy.isForAll === true ? victims : await whoNeedsHelp(cluster, victims);
  if (needy.length === 0) throw new Error(`no victim needs ${remedy.name}: all of them serve`);
  const target = remedy.targets(needy);
  journal.append({ kind: "action", name: "remedy", phase: "start", remedy: remedy.name, target });
  const applying = () => remedy.apply(cluster, needy, undo);
  const hits = await withDeadline(cluster.clock, handsMs, applying, `the remedy ${remedy.name} to be applied`, signal);
  const failures = hits.flatMap((hit) => (hit.receipt === null ? [`${hit.victim.vmi.name}: ${hit.reason}`] : []));
  const done = `${hits.length - failures.length} of ${hits.length} done`;
  const result = [done, ...failures].join("; ");
  journal.append({ kind: "action", name: "remedy", phase: "end", remedy: remedy.name, result });
}

/** Takes the fault and the remedies back; what was deployed before them, at that depth, stays. */
async function revert(plan: Plan, undo: UndoStack, undisturbed: number, options: RunOptions): Promise<void> {
  const { cluster, journal, signal } = options;
  const fault = plan.fault.name;
  report(plan, options, "return", null);
  journal.append({ kind: "action", name: "revert", phase: "start", fault });
  const reverting = () => unwound(undo, undisturbed);
  await withDeadline(cluster.clock, handsMs, reverting, `the fault ${fault} to be reverted`, signal);
  journal.append({ kind: "action", name: "revert", phase: "end", fault });
}

/** @throws Error that names the steps that failed */
async function unwound(undo: UndoStack, depth: number): Promise<void> {
  const failures = await undo.unwind(depth);
  if (failures.length > 0) throw new Error(failures.join("; "));
}

function report(plan: Plan, { cluster, onProgress }: RunOptions, stage: string, untilMs: number | null): void {
  onProgress({ experiment: plan.id, stage, atMs: cluster.clock.now(), untilMs });
}
