import { formatMs, oneLine } from "./format.ts";
import { backText, floorText, soonText } from "./remedy-text.ts";
import type { ExperimentResult, Results } from "./results.ts";
import { settingCosts } from "./setting-costs.ts";
import {
  clusterText,
  colourMark,
  colourOf,
  expectedText,
  explanation,
  outcomeText,
  phaseTitle,
  practiceMark,
  practiceText,
  rerunCommand,
  rowsOf,
  skipText,
  slowestText,
  summaryText,
  reliefText,
  timeText,
  usersText,
  variantTitle,
  verdictText,
  type Row,
} from "./wording.ts";

/** The text of `summary.md`: what a job summary or a pull request comment shows. */
export function summaryMarkdown(results: Results): string {
  const notGreen = rowsOf(results.experiments).filter(({ judgement }) => colourOf(judgement) !== "green");
  const parts = [
    `# Recovery: ${summaryText(results)}`,
    `${cell(clusterText(results))}, seed ${results.seed}.`,
    results.cluster.prediction
      ? "> **Prediction.** These times come from a model of a cluster, not from a cluster."
      : "",
    notGreen.length > 0 ? `## Not green\n\n${notGreen.map((row) => notGreenItem(results, row)).join("\n")}` : "",
    ...results.experiments.map(experimentSection),
    practicesSection(results),
    remediesSection(results),
    costsSection(results),
  ];
  return parts.filter(Boolean).join("\n\n") + "\n";
}

function notGreenItem(results: Results, { experiment, variant, judgement }: Row): string {
  const name = cell(`${experiment.id}/${variantTitle(experiment, variant)}`);
  const verdict = `${colourMark[colourOf(judgement)]} ${verdictText[judgement.verdict]}`;
  return `- **${name}**, ${verdict}: ${cell(explanation(judgement))}\n  ${code(rerunCommand(results, experiment, variant))}`;
}

function experimentSection(experiment: ExperimentResult): string {
  const heading = `## ${cell(experiment.title)}`;
  const rows = rowsOf([experiment]);
  if (rows.length === 0) return `${heading}\n\n${cell(skipText(experiment.reason))}`;
  const head =
    "| variant | expected | outcome | time to recover | slowest stage | verdict |\n| --- | --- | --- | ---: | --- | --- |";
  return `${heading}\n\n${head}\n${rows.map(tableRow).join("\n")}`;
}

function tableRow({ experiment, variant, judgement }: Row): string {
  const phase = phaseTitle(experiment, judgement);
  const cells = [
    `${variantTitle(experiment, variant)}${phase ? ` (${phase})` : ""}`,
    expectedText(judgement),
    outcomeText(judgement),
    [timeText(variant, judgement), reliefText(judgement), usersText(judgement).replaceAll("\n", ", ")]
      .filter(Boolean)
      .join(", "),
    slowestText(judgement),
    `${colourMark[colourOf(judgement)]} ${verdictText[judgement.verdict]}`,
  ];
  return `| ${cells.map(cell).join(" | ")} |`;
}

function practicesSection({ practices }: Results): string {
  if (practices.every(({ verdict }) => verdict === "not-tested")) return "";
  const rows = practices.map(({ promise, verdict, conditions }) => {
    const seen = `${practiceMark[verdict]} ${practiceText[verdict]}`;
    return `| ${cell(promise)} | **${seen}** | ${conditions.map(cell).join("<br>")} |`;
  });
  return `## Practices\n\n| what is promised | what was seen | where |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

function remediesSection({ remedies }: Results): string {
  if (remedies.length === 0) return "";
  const rows = remedies.map((effect) =>
    [effect.fault, effect.remedy, backText(effect), soonText(effect), floorText(effect), effect.advice ?? ""]
      .map(cell)
      .join(" | "),
  );
  const head =
    "| node lost by | remedy | came back | time to recover | least possible | most to be gained |\n| --- | --- | --- | ---: | ---: | --- |";
  return `## What each remedy buys\n\n${head}\n${rows.map((row) => `| ${row} |`).join("\n")}`;
}

function costsSection(results: Results): string {
  const rows = settingCosts(results).map(({ fault, of, floorMs, measuredMs, advice }) => {
    const after = of.phase === "observe" ? fault : `${fault} then ${of.phase}`;
    return `| ${[after, formatMs(floorMs), formatMs(measuredMs), advice].map(cell).join(" | ")} |`;
  });
  if (rows.length === 0) return "";
  const head = "| after | least possible | measured | most to be gained |\n| --- | ---: | ---: | --- |";
  return `## Which setting to change to gain most\n\n${head}\n${rows.join("\n")}`;
}

/** Text that Markdown leaves as it is, on one line, also within a table. */
function cell(text: string): string {
  return oneLine(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_[\]|~#@]/g, (mark) => `&#${mark.codePointAt(0)};`)
    .replace(/:\/\//g, "&#58;//");
}

/** A code span, fenced with more backticks than the text has in a row. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}
