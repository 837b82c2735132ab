import { formatInterval, formatMs, oneLine } from "../format.ts";
import type { ExperimentResult } from "../results.ts";
import {
  colourMark,
  colourOf,
  originMs,
  outcomeText,
  phaseTitle,
  rowsOf,
  limitAtMs,
  timeText,
  variantTitle,
  verdictText,
} from "../wording.ts";
import type { Row } from "../wording.ts";
import { axis, bar, fit, line, picture, text, timeScale, whisker, type Scale } from "./picture.ts";
import { stageMeaning, verdictCss } from "./stages.ts";

const width = 960;
const left = 236;
const right = width - 250;
const rowHeight = 22;
const barHeight = 12;
const head = 12;

/** All variants of one experiment on one time axis: stages stacked, interval, limit and verdict. */
export function overview(experiment: ExperimentResult, { standalone }: { standalone: boolean }): string {
  const rows = rowsOf([experiment]);
  const bottom = head + rows.length * rowHeight;
  const scale = timeScale(Math.max(0, ...rows.map(endMs)) * 1.04, left, right);
  const body =
    axis(scale, head - 4, bottom) + rows.map((row, index) => drawRow(row, scale, head + index * rowHeight)).join("");
  return picture(width, bottom + 22, `Recovery of every variant: ${oneLine(experiment.title)}`, body, standalone);
}

function drawRow(row: Row, scale: Scale, top: number): string {
  const { experiment, variant, judgement } = row;
  const y = top + (rowHeight - barHeight) / 2;
  const baseline = top + rowHeight / 2 + 4;
  const phase = phaseTitle(experiment, judgement);
  const name = variantTitle(experiment, variant) + (phase ? ` · ${phase}` : "");
  const colour = colourOf(judgement);
  const limitMs = limitAtMs(row);
  return [
    text(left - 10, baseline, fit(name, left - 18), { anchor: "end" }),
    drawTime(row, scale, y),
    limitMs === null ? "" : line(scale(limitMs), y - 3, scale(limitMs), y + barHeight + 3, "rb-limit"),
    text(right + 12, baseline, timeText(variant, judgement)),
    text(width - 8, baseline, `${colourMark[colour]} ${verdictText[judgement.verdict]}`, {
      anchor: "end",
      css: verdictCss[colour],
    }),
  ].join("");
}

function drawTime(row: Row, scale: Scale, y: number): string {
  const { variant, judgement } = row;
  const { ttrMs, stages } = judgement;
  const tooltip = `${outcomeText(judgement)}, ${timeText(variant, judgement)}`;
  if (!ttrMs) {
    const css = judgement.censoredAtMs !== null ? "rb-open" : "rb-ended";
    return endMs(row) > 0 && (judgement.censoredAtMs ?? judgement.endedMs) !== null
      ? bar(scale(0), y, scale(awaitedMs(row)) - scale(0), barHeight, css, tooltip)
      : text(scale(0) + 6, y + barHeight - 2, outcomeText(judgement), { css: "rb-faint" });
  }
  let startMs = 0;
  const bars = stages.map(({ name, ms }) => {
    const drawn = bar(
      scale(startMs),
      y,
      scale(startMs + ms) - scale(startMs),
      barHeight,
      `rb-${stageMeaning[name].group}`,
      `${name} ${formatMs(ms)}: ${stageMeaning[name].text}`,
    );
    startMs += ms;
    return drawn;
  });
  const interval = `time to recover: ${formatInterval(ttrMs)}`;
  return bars.join("") + whisker(scale(ttrMs.low), scale(ttrMs.high), y + barHeight / 2, interval);
}

function awaitedMs({ variant, judgement }: Row): number {
  return Math.max((judgement.censoredAtMs ?? judgement.endedMs ?? 0) - originMs(variant), 0);
}

function endMs(row: Row): number {
  return Math.max(row.judgement.ttrMs?.high ?? 0, awaitedMs(row), limitAtMs(row) ?? 0);
}
