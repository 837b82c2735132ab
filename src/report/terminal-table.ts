import Table from "cli-table3";
import pc from "picocolors";
import { oneLine, wrap } from "./format.ts";
import { backText, soonText } from "./remedy-text.ts";
import type { ExperimentResult, Judgement, Results, VerdictColour } from "./results.ts";
import {
  colourMark,
  colourOf,
  expectedText,
  explanation,
  leftOut,
  outcomeText,
  phaseTitle,
  practiceMark,
  practiceText,
  rerunCommand,
  rowsOf,
  skipText,
  slowestStage,
  slowestText,
  summaryText,
  reliefText,
  timeText,
  usersText,
  variantTitle,
  verdictText,
  type Row,
} from "./wording.ts";

export interface TerminalOptions {
  /** Columns of the terminal. */
  width: number;
  colour: boolean;
  /** The folder or file to look at next; null where none was written. */
  report: string | null;
}

type Colours = ReturnType<typeof pc.createColors>;
type Paint = (text: string) => string;

/** What a run ends with on a terminal: the table, why what is not green is not, the counts, and where the report is. */
export function terminalReport(results: Results, options: TerminalOptions): string {
  const colours = pc.createColors(options.colour);
  const notGreen = rowsOf(results.experiments).filter(
    ({ judgement }) => !["green", "skipped"].includes(colourOf(judgement)),
  );
  const prediction = results.cluster.prediction ? colours.dim(" (prediction of a model)") : "";
  const parts = [
    ...results.experiments.map((experiment) => experimentTable(experiment, options.width, colours)),
    ...notGreen.map((row) => reason(results, row, options.width, colours)),
    leftOutText(results, options.width, colours),
    practicesText(results, options.width, colours),
    remediesText(results, colours),
    colours.bold(summaryText(results)) + prediction,
    options.report === null ? "" : `report: ${options.report}`,
  ];
  return (
    parts
      .filter(Boolean)
      .join("\n\n")
      .replace(/\n\n(report: )/, "\n$1") + "\n"
  );
}

/** What was not judged, by what it lacks. */
function leftOutText(results: Results, width: number, colours: Colours): string {
  const items = leftOut(results).map(({ reason, names }) => {
    const lines = wrap(names.join(", "), Math.max(width - 4, 40)).map((line) => colours.dim(`    ${line}`));
    return [`  ${colourMark.skipped} ${reason}`, ...lines].join("\n");
  });
  return items.length === 0 ? "" : [colours.bold("Left out"), ...items].join("\n");
}

/** What the run says of each promise that it tested. */
function practicesText({ practices }: Results, width: number, colours: Colours): string {
  const tested = practices.filter(({ verdict }) => verdict !== "not-tested");
  const paint = { holds: colours.green, "holds-with-conditions": colours.yellow, "does-not-hold": colours.red };
  const items = tested.map(({ id, promise, verdict, conditions }) => {
    const seen = paint[verdict as keyof typeof paint](`${practiceMark[verdict]} ${practiceText[verdict]}`);
    const lines = [promise, ...conditions.map((condition) => `· ${condition}`)];
    const text = lines.flatMap((line) => wrap(oneLine(line), width - 4)).map((line) => `    ${line}`);
    return [`  ${colours.bold(oneLine(id))}  ${seen}`, ...text].join("\n");
  });
  return items.length === 0 ? "" : [colours.bold("Practices"), ...items].join("\n");
}

/** What each remedy buys for the VMs of a node that is lost. */
function remediesText({ remedies }: Results, colours: Colours): string {
  if (remedies.length === 0) return "";
  const named = Math.max(...remedies.map(({ remedy }) => remedy.length));
  const counted = Math.max(...remedies.map((effect) => backText(effect).length));
  const groups = [...Map.groupBy(remedies, ({ fault }) => fault)].flatMap(([fault, effects]) => [
    `  ${colours.bold(oneLine(fault))}`,
    ...effects.map((effect) => {
      const { back, of } = effect;
      const tint =
        effect.reason !== null ? colours.dim : back === of ? colours.green : back === 0 ? colours.red : colours.yellow;
      return `    ${oneLine(effect.remedy).padEnd(named)}  ${tint(backText(effect).padEnd(counted))}  ${soonText(effect)}`;
    }),
  ]);
  return [colours.bold("What each remedy buys"), ...groups].join("\n");
}

function experimentTable(experiment: ExperimentResult, width: number, colours: Colours): string {
  const heading = colours.bold(oneLine(experiment.title)) + colours.dim(`  ${oneLine(experiment.id)}`);
  if (experiment.variants.length === 0) return `${heading}\n  ${skipText(experiment.reason)}`;
  const head = [
    "variant",
    "expected",
    "outcome",
    "time to recover",
    width < roomy ? "slowest stage" : "slowest stage, and why",
    "verdict",
  ];
  const rows = rowsOf([experiment]);
  const cells = rows.map((row) => rowCells(row, width < roomy ? slowestStage : slowestText));
  const table = new Table({
    head: head.map(colours.dim),
    colWidths: columnWidths([head, ...cells], width),
    colAligns: ["left", "left", "left", "right", "left", "left"],
    wordWrap: true,
    wrapOnWordBoundary: true,
    chars: borderless,
    style: { head: [], border: [], "padding-left": 0, "padding-right": gap },
  });
  rows.forEach(({ judgement }, index) => {
    const [name = "", ...row] = cells[index] ?? [];
    const verdict = row.pop() ?? "";
    // A name that does not fit is broken anywhere rather than cut short.
    table.push([{ content: name, wrapOnWordBoundary: false }, ...row, paint(colours)[colourOf(judgement)](verdict)]);
  });
  const lines = table.toString().split("\n");
  return [heading, ...lines.map((line) => `${" ".repeat(indent)}${line}`.trimEnd())].join("\n");
}

function rowCells({ experiment, variant, judgement }: Row, slowest: (judgement: Judgement) => string): string[] {
  const phase = phaseTitle(experiment, judgement);
  return [
    variantTitle(experiment, variant) + (phase ? ` · ${phase}` : ""),
    expectedText(judgement),
    outcomeText(judgement),
    [timeText(variant, judgement), reliefText(judgement), usersText(judgement)].filter(Boolean).join("\n"),
    slowest(judgement),
    `${colourMark[colourOf(judgement)]} ${verdictText[judgement.verdict]}`,
  ];
}

/** Columns between two columns of the table, and before the first. */
const gap = 2;
const indent = 2;
/** Columns of a terminal from which on there is room to say why a stage was slow. */
const roomy = 110;

/** As wide as the content asks; where that is too wide, the columns of prose give way, the widest first. */
function columnWidths(rows: string[][], width: number): number[] {
  const wanted = (rows[0] ?? []).map(
    (_, column) =>
      Math.max(...rows.flatMap((row) => (row[column] ?? "").split("\n")).map((line) => [...line].length)) + gap,
  );
  const least = [16, 11, 13, 13, 10, 17];
  const available = Math.max(width - indent + gap, 80);
  while (wanted.reduce((sum, column) => sum + column, 0) > available) {
    const shrinkable = wanted.map((column, index) => (column > (least[index] ?? 0) ? column : 0));
    const widest = shrinkable.indexOf(Math.max(...shrinkable));
    if (shrinkable[widest] === 0) break;
    wanted[widest] = (wanted[widest] ?? 0) - 1;
  }
  return wanted;
}

function reason(results: Results, { experiment, variant, judgement }: Row, width: number, colours: Colours): string {
  const name = `${oneLine(experiment.id)}/${variantTitle(experiment, variant)}`;
  const mark = `${colourMark[colourOf(judgement)]} ${verdictText[judgement.verdict]}`;
  return [
    `${paint(colours)[colourOf(judgement)](mark)}  ${colours.bold(name)}`,
    ...wrap(explanation(judgement), Math.max(width - 2, 40)).map((line) => `  ${line}`),
    colours.dim(`  ${rerunCommand(results, experiment, variant)}`),
  ].join("\n");
}

function paint(colours: Colours): Record<VerdictColour, Paint> {
  return {
    green: colours.green,
    red: colours.red,
    invalid: colours.yellow,
    notInjected: colours.yellow,
    skipped: colours.dim,
  };
}

const borderless = {
  middle: "",
  ...Object.fromEntries(
    ["top", "bottom", "left", "right", "mid"].flatMap((edge) =>
      ["", "-mid", "-left", "-right"].map((part) => [edge + part, ""]),
    ),
  ),
};
