import { firstChange, type Change } from "../observe/history.ts";
import type { Incarnation, SubjectTimeline } from "../observe/timeline.ts";
import { watchLagMs } from "../observe/watch-order.ts";
import { isFinal } from "./aim.ts";
import type { Evidence, Interval } from "./recovery.ts";
import { answeringSwitches } from "./serving.ts";

/** Something seen of a subject that tells that a disturbance has reached it; it happened within `within`. */
export interface Sign extends Evidence {
  within: Interval;
  /** Whether the platform noticed, or only the one who asks the guest. */
  noticedBy: "platform" | "prober";
}

/** What was seen of a subject after an instant that tells of a disturbance; by time. */
export function signsAfter(subject: SubjectTimeline, afterMs: number): Sign[] {
  const signs = subject.incarnations.flatMap((incarnation) => signsOfVmi(incarnation, afterMs));
  const stop = firstChange(subject.vm, afterMs, (vm) => vm.stopRequested || vm.deleting || vm.runStrategy === "Halted");
  if (stop !== null) signs.push(sign(stop, "the VM is told to stop"));
  return signs.toSorted((one, other) => one.atMs - other.atMs);
}

function signsOfVmi(incarnation: Incarnation, afterMs: number): Sign[] {
  const { name, states, pods, migrations } = incarnation;
  const seen: [Change<unknown> | null, string][] = [
    [firstChange(states, afterMs, (vmi) => vmi.deleting), `VMI ${name} is marked for deletion`],
    [firstChange(states, afterMs, (vmi) => isFinal(vmi.phase)), `VMI ${name} has ended`],
    [firstChange(states, afterMs, (vmi) => vmi.phase === "Running" && !vmi.ready), `VMI ${name} is not Ready`],
    [firstChange(states, afterMs, (vmi) => vmi.evacuating !== null), `VMI ${name} is asked to leave its node`],
    [firstChange(states, afterMs, (vmi) => vmi.paused), `VMI ${name} is paused`],
    ...pods.map((pod): [Change<unknown> | null, string] => [
      firstChange(pod.states, afterMs, (state) => state.deleting || !state.exists),
      `pod ${pod.name} is marked for deletion`,
    ]),
    ...migrations.map((migration): [Change<unknown> | null, string] => [
      firstChange(migration.states, afterMs, (state) => state.exists),
      `migration ${migration.name} is under way`,
    ]),
    ...migrations.map((migration): [Change<unknown> | null, string] => [
      firstChange(migration.states, afterMs, (state) => state.phase === "Failed"),
      `migration ${migration.name} has failed`,
    ]),
  ];
  const signs = seen.flatMap(([change, text]) => (change === null ? [] : [sign(change, text)]));
  const asked = incarnation.notices.find((notice) => notice.reason === "ShuttingDown" && notice.atMs > afterMs);
  if (asked !== undefined) {
    const change = { atMs: asked.atMs, notBeforeMs: asked.atMs - watchLagMs, value: asked };
    signs.push(sign(change, `the guest of VMI ${name} is asked to shut down`));
  }
  return [...signs, ...signsOfGuest(incarnation, afterMs)];
}

function signsOfGuest(incarnation: Incarnation, afterMs: number): Sign[] {
  const silent = answeringSwitches(incarnation).find((each) => !each.on && each.highMs > afterMs);
  const rebooted = incarnation.answers.find(({ ok, bootId, atMs }, index) => {
    const before = incarnation.answers.slice(0, index).findLast((answer) => answer.ok);
    return ok && atMs > afterMs && before !== undefined && before.bootId !== bootId;
  });
  const signs: Sign[] = [];
  if (silent !== undefined) {
    const text = `the guest of VMI ${incarnation.name} does not answer`;
    signs.push({ atMs: silent.highMs, text, within: { low: silent.lowMs, high: silent.highMs }, noticedBy: "prober" });
  }
  if (rebooted !== undefined) {
    const within = { low: rebooted.lastOfPreviousMs ?? afterMs, high: rebooted.atMs };
    signs.push({
      atMs: rebooted.atMs,
      text: `the guest of VMI ${incarnation.name} has another boot id`,
      within,
      noticedBy: "prober",
    });
  }
  return signs;
}

function sign({ atMs, notBeforeMs }: Change<unknown>, text: string): Sign {
  return { atMs, text, within: { low: notBeforeMs, high: atMs }, noticedBy: "platform" };
}
