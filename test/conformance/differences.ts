import type { Comparison, Finding } from "./compare.ts";

/** A difference that is known and stays, with the evidence for who is right. */
interface Difference {
  finding: Finding;
  recording: RegExp;
  subject: RegExp;
  what: RegExp;
  reason: string;
}

const differences: Difference[] = [];

/** Why that disagreement stays, if it is known. */
export function reasonFor(recording: string, { finding, subject, what }: Comparison): string | undefined {
  return differences.find(
    (one) =>
      one.finding === finding && one.recording.test(recording) && one.subject.test(subject) && one.what.test(what),
  )?.reason;
}
