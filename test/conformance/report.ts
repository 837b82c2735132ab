import { relative } from "node:path";
import Table from "cli-table3";
import type { Comparison, Finding } from "./compare.ts";
import type { Conformance } from "./conformance.ts";
import { reasonFor } from "./differences.ts";
import type { Floor } from "./floor.ts";

const findings: Finding[] = ["agreed", "missing", "extra", "out of order", "wait"];

/** A table with a row per recording, every disagreement with its journal's line and its reason, and the sum. */
export function report(results: Conformance[], floor: Floor): string {
  const table = new Table({ head: ["recording", ...findings, "floor"], style: { head: [], border: [] } });
  for (const { recording, comparisons } of results) {
    const counts = findings.map((finding) => comparisons.filter((one) => one.finding === finding).length);
    table.push([recording.name, ...counts, floor[recording.name] ?? "–"]);
  }
  const disagreements = results.flatMap((result) => disagreementsOf(result));
  const agreed = results.reduce((sum, result) => sum + result.agreed, 0);
  const all = results.reduce((sum, { comparisons }) => sum + comparisons.length, 0);
  return [table.toString(), ...disagreements, `${agreed} of ${all} milestones agree`].join("\n");
}

function disagreementsOf(result: Conformance): string[] {
  const lines = result.comparisons
    .filter(({ finding }) => finding !== "agreed")
    .sort((a, b) => atOf(a) - atOf(b))
    .map((one) => {
      const reason = reasonFor(result.recording.name, one);
      const { subject, finding, what } = one;
      return `  ${finding.padEnd(12)} ${placeOf(result, one)} ${subject}: ${what}${reason === undefined ? "" : `\n               ${reason}`}`;
    });
  return lines.length === 0 ? [] : [`\n${result.recording.name}`, ...lines];
}

function placeOf({ recording, simulatedPath }: Conformance, { real, simulated }: Comparison): string {
  if (real !== undefined) return `${relative("", recording.path)}:${real.line}`;
  return `${relative("", simulatedPath)}:${simulated!.line}`;
}

function atOf({ real, simulated }: Comparison): number {
  return (real ?? simulated)!.at;
}
