import { escapeXml, oneLine } from "./format.ts";
import type { ExperimentResult, Results } from "./results.ts";
import {
  colourOf,
  explanation,
  phaseTitle,
  rowsOf,
  skipText,
  summaryText,
  variantTitle,
  verdictText,
  type Row,
} from "./wording.ts";

/**
 * The text of `junit.xml`: a suite per experiment, a case per variant and phase. A red verdict is a failure; what
 * could not be measured is an error; a case's time is its time to recover, in seconds.
 */
export function junitXml(results: Results): string {
  const suites = results.experiments.map(suiteXml).join("");
  const all = rowsOf(results.experiments);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="rebound: ${escapeXml(summaryText(results))}"${counts(all)}>\n${suites}</testsuites>\n`;
}

function suiteXml(experiment: ExperimentResult): string {
  const rows = rowsOf([experiment]);
  // An experiment that was skipped as a whole still has its line.
  const cases = rows.length > 0 ? rows.map(caseXml).join("") : skippedCase(experiment);
  const count = rows.length > 0 ? counts(rows) : ` tests="1" failures="0" errors="0" skipped="1" time="0.000"`;
  return `  <testsuite name="${attribute(`${experiment.id}: ${experiment.title}`)}"${count}>\n${cases}  </testsuite>\n`;
}

function caseXml(row: Row): string {
  const { experiment, variant, judgement } = row;
  const phase = phaseTitle(experiment, judgement);
  const name = attribute(`${variantTitle(experiment, variant)}${phase ? `, ${phase}` : ""}`);
  const time = (timeMs(row) / 1000).toFixed(3);
  return `    <testcase classname="${attribute(experiment.id)}" name="${name}" time="${time}">${verdictXml(row)}</testcase>\n`;
}

function verdictXml({ judgement }: Row): string {
  const verdict = verdictText[judgement.verdict];
  const why = attribute(`${verdict}. ${explanation(judgement)}`);
  const colour = colourOf(judgement);
  if (colour === "green") return "";
  if (colour === "skipped") return `<skipped message="${why}"/>`;
  const element = colour === "red" ? "failure" : "error";
  return `<${element} type="${attribute(verdict)}" message="${why}"/>`;
}

function skippedCase({ id, title, reason }: ExperimentResult): string {
  const why = attribute(skipText(reason));
  return `    <testcase classname="${attribute(id)}" name="${attribute(title)}" time="0.000"><skipped message="${why}"/></testcase>\n`;
}

function counts(rows: Row[]): string {
  const of = (...colours: string[]): number =>
    rows.filter(({ judgement }) => colours.includes(colourOf(judgement))).length;
  const time = rows.reduce((sum, row) => sum + timeMs(row), 0) / 1000;
  return ` tests="${rows.length}" failures="${of("red")}" errors="${of("invalid", "notInjected")}" skipped="${of("skipped")}" time="${time.toFixed(3)}"`;
}

function timeMs({ judgement }: Row): number {
  return judgement.ttrMs?.value ?? 0;
}

function attribute(text: string): string {
  return escapeXml(oneLine(text));
}
