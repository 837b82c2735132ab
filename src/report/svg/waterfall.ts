import { formatInterval, formatLimit, formatMeasured, formatMs, oneLine } from "../format.ts";
import type { Row } from "../wording.ts";
import {
  colourMark,
  limitAtMs,
  colourOf,
  originMs,
  outcomeText,
  timeText,
  variantTitle,
  verdictText,
} from "../wording.ts";
import { axis, bar, fit, line, picture, text, timeScale, whisker, type Scale } from "./picture.ts";
import { stageMeaning, verdictCss } from "./stages.ts";

const width = 760;
const left = 104;
const right = width - 118;
const rowHeight = 22;
const barHeight = 12;
const markHeight = 16;
const titleHeight = 26;

/** A row of the picture: its name, its drawing at height `y`, and the figure at its end. */
interface Lane {
  name: string;
  figure: string;
  draw(scale: Scale, y: number): string;
}

/** How one variant came back, or did not: the whole time, its stages one after another, and the downtime. */
export function waterfall(row: Row, { standalone }: { standalone: boolean }): string {
  const { variant, judgement } = row;
  const lanes = [wholeLane(row), ...stageLanes(row), ...downtimeLane(row)];
  const head = markHeight + (standalone ? titleHeight : 0);
  const bottom = head + lanes.length * rowHeight;
  const scale = timeScale(longestMs(row) * 1.04, left, right);
  const verdict = `${colourMark[colourOf(judgement)]} ${verdictText[judgement.verdict]}`;
  const title = `${variantTitle(row.experiment, variant)}: ${outcomeText(judgement)}`;
  const parts = [
    // On a page of ours the heading says this already.
    standalone ? heading(title, verdict, verdictCss[colourOf(judgement)]) : "",
    axis(scale, head - 2, bottom),
    ...lanes.map((lane, index) => drawLane(lane, scale, head + index * rowHeight)),
    ...marks(row, scale, head, bottom),
  ];
  return picture(
    width,
    bottom + 22,
    `${title}, ${timeText(variant, judgement)}, ${verdict}`,
    parts.join(""),
    standalone,
  );
}

function heading(title: string, verdict: string, css: string): string {
  return (
    text(8, 18, fit(title, width - 190, 6.6), { css: "rb-strong" }) +
    text(width - 8, 18, verdict, { anchor: "end", css: `rb-strong ${css}` })
  );
}

function drawLane(lane: Lane, scale: Scale, top: number): string {
  const baseline = top + rowHeight / 2 + 4;
  return [
    text(left - 10, baseline, lane.name, { anchor: "end" }),
    lane.draw(scale, top + (rowHeight - barHeight) / 2),
    text(width - 8, baseline, lane.figure, { anchor: "end" }),
  ].join("");
}

/** The time to recover; or how long it was awaited in vain, until when it ran, or how long it was watched undisturbed. */
function wholeLane({ experiment, variant, judgement }: Row): Lane {
  const figure = timeText(variant, judgement);
  const { ttrMs, censoredAtMs, endedMs } = judgement;
  const span = (name: string, ms: number, css: string, tooltip: string): Lane => ({
    name,
    figure,
    draw: (scale, y) => bar(scale(0), y, scale(ms) - scale(0), barHeight, css, tooltip),
  });
  if (ttrMs) {
    const tooltip = `time to recover: ${formatInterval(ttrMs)}`;
    const bare = span("time to recover", ttrMs.value, "rb-total", tooltip);
    const draw = (scale: Scale, y: number): string =>
      bare.draw(scale, y) + whisker(scale(ttrMs.low), scale(ttrMs.high), y + barHeight / 2, tooltip);
    return { ...bare, draw };
  }
  const origin = originMs(variant);
  if (censoredAtMs !== null) {
    return span("not back", censoredAtMs - origin, "rb-open", `not back when it was last looked at, ${figure}`);
  }
  if (endedMs !== null) return span("ran on", endedMs - origin, "rb-ended", figure);
  const watchedMs = watchedUntilMs({ experiment, variant, judgement }) - origin;
  return span("watched", Math.max(watchedMs, 0), "rb-flat", `${judgement.outcome} for ${formatMs(watchedMs)}`);
}

function stageLanes({ judgement }: Row): Lane[] {
  const starts = judgement.stages.map((_, index) =>
    judgement.stages.slice(0, index).reduce((sum, { ms }) => sum + ms, 0),
  );
  return judgement.stages.map(({ name, ms }, index) => {
    const { group, text: meaning } = stageMeaning[name];
    const startMs = starts[index] ?? 0;
    return {
      name,
      figure: formatMs(ms),
      draw: (scale, y) =>
        bar(
          scale(startMs),
          y,
          scale(startMs + ms) - scale(startMs),
          barHeight,
          `rb-${group}`,
          `${name}: ${meaning}, ${formatMs(ms)}`,
        ),
    };
  });
}

function downtimeLane({ judgement: { downtimeMs } }: Row): Lane[] {
  if (!downtimeMs) return [];
  const tooltip = `the guest did not answer for ${formatInterval(downtimeMs)} in all`;
  const draw = (scale: Scale, y: number): string =>
    bar(scale(0), y, scale(downtimeMs.value) - scale(0), barHeight, "rb-down", tooltip) +
    whisker(scale(downtimeMs.low), scale(downtimeMs.high), y + barHeight / 2, tooltip);
  return [{ name: "downtime", figure: formatMeasured(downtimeMs), draw }];
}

/** Upright lines: the limit, and where a remedy or the return began. */
function marks(row: Row, scale: Scale, head: number, bottom: number): string[] {
  const limitMs = limitAtMs(row);
  const limit =
    limitMs === null
      ? []
      : [mark(scale(limitMs), head, bottom, "rb-limit", `limit ${formatLimit(row.judgement.expected?.withinMs ?? 0)}`)];
  const origin = originMs(row.variant);
  const phases = row.experiment.phases
    .filter(({ name, fromMs }) => name !== "observe" && fromMs > origin && fromMs - origin < longestMs(row))
    .map(({ name, fromMs }) => mark(scale(fromMs - origin), head, bottom, "rb-mark", fit(oneLine(name), 150)));
  return [...limit, ...phases];
}

function mark(x: number, head: number, bottom: number, css: string, label: string): string {
  const anchor = x > (left + right) / 2 ? "end" : "start";
  const labelX = anchor === "end" ? x - 3 : x + 3;
  return line(x, head - 12, x, bottom, css) + text(labelX, head - 4, label, { anchor, css: "rb-faint" });
}

function longestMs(row: Row): number {
  const { variant, judgement } = row;
  const origin = originMs(variant);
  const ends = [
    judgement.ttrMs?.high,
    judgement.downtimeMs?.high,
    limitAtMs(row),
    judgement.censoredAtMs === null ? null : judgement.censoredAtMs - origin,
    judgement.endedMs === null ? null : judgement.endedMs - origin,
    judgement.stages.reduce((sum, { ms }) => sum + ms, 0),
  ].filter((ms) => ms != null);
  const longest = Math.max(0, ...ends);
  return longest > 0 ? longest : Math.max(watchedUntilMs(row) - origin, 0);
}

function watchedUntilMs({ experiment, judgement }: Row): number {
  return experiment.phases.find(({ name }) => name === judgement.phase)?.toMs ?? 0;
}
