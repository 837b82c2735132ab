import type { Recovery } from "../recovery/recovery.ts";
import type { Verdict } from "../report/results.ts";
import { comebacks, type Expectation } from "./plan.ts";

/** All that a verdict rests on. */
export interface Case {
  role: "victim" | "bystander";
  /** Whether the limits count from what was done to bring the VMs back, as in every phase after the fault's own. */
  isAfterRelief: boolean;
  /** Null where no rule speaks of this variant in this phase. */
  expectation: Expectation | null;
  recovery: Recovery;
  /** Whether it was proved that the fault took effect on it. */
  bitten: boolean;
  /** Why the fault could not be aimed at it, if so. */
  refusal: string | null;
  /** Why it was left out; null where it took part. */
  skip: string | null;
  /** Why the phase cannot be judged: cut off, never begun, no steady state; null where it ran to its end. */
  broken: string | null;
}

/** The judgement and, where it is not green, why: a sentence each. */
export interface Judged {
  verdict: Verdict;
  reasons: string[];
}

/** Judges one variant in one phase. The first question with an answer decides. */
export function judge(the: Case): Judged {
  if (the.skip !== null) return { verdict: "skipped", reasons: [the.skip] };
  if (the.expectation === null) return { verdict: "skipped", reasons: ["no rule says what is to be expected"] };
  const distrust = [...(the.broken === null ? [] : [the.broken]), ...the.recovery.distrust];
  if (distrust.length > 0) return { verdict: "invalid", reasons: distrust };
  if (the.role === "victim" && !the.bitten) {
    return { verdict: "not-injected", reasons: [the.refusal ?? "nothing proves that the fault took effect on it"] };
  }
  if (the.recovery.outcome === "unknown") return { verdict: "invalid", reasons: [the.recovery.detail] };
  const { twiceMs } = the.recovery;
  if (twiceMs !== null && the.expectation.mayBeTwice !== true) {
    const reason = "two guests of it ran at once, and nothing warns of that: what both wrote to is damaged";
    return { verdict: "unexpected", reasons: [reason] };
  }
  const misplaced = misplacedPods(the) ?? crowded(the) ?? dwindled(the);
  if (the.recovery.outcome === the.expectation.outcome && misplaced !== null) {
    return { verdict: "unexpected", reasons: [misplaced] };
  }
  if (the.recovery.outcome !== the.expectation.outcome) return differs(the.expectation, the.recovery);
  return comebacks.has(the.recovery.outcome) ? inTime(the.expectation, the) : asExpected;
}

/** What is wrong with the pods that were left, or were not, on a lost node; null where nothing is. */
function misplacedPods({ expectation, recovery: { terminatingPods } }: Case): string | null {
  switch (expectation?.terminatingPods) {
    case "left":
      return terminatingPods > 0 ? null : "its pods should be left Terminating on the lost node, and none is";
    case "none":
      return terminatingPods === 0 ? null : `${terminatingPods} of its pods are left Terminating, and should be gone`;
    default:
      return null;
  }
}

/** Whether more migrations were under way at once than the settings allow, in words; null where not. */
function crowded({ expectation, recovery: { parallel } }: Case): string | null {
  const limit = expectation?.migrationsAtOnce;
  if (limit === undefined || parallel === null) return null;
  if (parallel.fromNode > limit.fromNode) {
    return `${parallel.fromNode} migrations from its node were under way at once, and the limit is ${limit.fromNode}`;
  }
  if (parallel.inAll <= limit.inAll) return null;
  return `${parallel.inAll} migrations were under way at once, and the cluster's limit is ${limit.inAll}`;
}

/** Whether a replica set had fewer VMIs than it must have, in words; null where not. */
function dwindled({ expectation, recovery: { leastMembers } }: Case): string | null {
  const members = expectation?.members;
  if (members === undefined || leastMembers === null || leastMembers >= members) return null;
  return `it had ${leastMembers} VMIs at one time, and must have ${members} at all times`;
}

const asExpected: Judged = { verdict: "as-expected", reasons: [] };

function differs(expected: Expectation, recovery: Recovery): Judged {
  const isDown = recovery.outcome === "stuck" || recovery.outcome === "stopped";
  const verdict = comebacks.has(expected.outcome) && isDown ? "not-recovered" : "unexpected";
  const reason = `expected ${expected.outcome} (${expected.source}), but it is ${recovery.outcome}: ${recovery.detail}`;
  return { verdict, reasons: [reason] };
}

function inTime({ withinMs, maxDowntimeMs, floorMs, source }: Expectation, { recovery, isAfterRelief }: Case): Judged {
  const time = isAfterRelief ? recovery.fromReliefMs : recovery.ttrMs;
  if (floorMs !== null && time !== null && time.high < floorMs) {
    const reason = `its time to recover is at most ${seconds(time.high)}, less than the ${seconds(floorMs)} that the settings allow`;
    return { verdict: "invalid", reasons: [reason] };
  }
  const limits = [
    { what: isAfterRelief ? "time to recover from the relief" : "time to recover", limit: withinMs, measured: time },
    { what: "downtime", limit: maxDowntimeMs, measured: recovery.downtimeMs },
  ];
  for (const { what, limit, measured } of limits) {
    if (limit === null) continue;
    if (measured === null) return { verdict: "invalid", reasons: [`its ${what} could not be measured`] };
    const seen = `${seconds(measured.low)} to ${seconds(measured.high)}`;
    if (measured.low > limit) {
      return { verdict: "late", reasons: [`its ${what} is ${seen}, the limit is ${seconds(limit)} (${source})`] };
    }
    if (measured.high > limit) {
      return {
        verdict: "invalid",
        reasons: [`its ${what} is ${seen}, and the limit of ${seconds(limit)} lies between`],
      };
    }
  }
  return { verdict: "recovered", reasons: [] };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
