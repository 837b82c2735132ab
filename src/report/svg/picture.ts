import { escapeXml } from "../format.ts";

/** Round to what an eye can tell apart, to keep pictures small. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface TextOptions {
  anchor?: "start" | "middle" | "end";
  css?: string;
}

/** A line of text, its baseline at `y`. */
export function text(x: number, y: number, content: string, { anchor = "start", css = "" }: TextOptions = {}): string {
  const attributes = `${anchor === "start" ? "" : ` text-anchor="${anchor}"`}${css ? ` class="${css}"` : ""}`;
  return `<text x="${px(x)}" y="${px(y)}"${attributes}>${escapeXml(content)}</text>`;
}

/** A bar, with a tooltip; never too thin to be seen. */
export function bar(x: number, y: number, width: number, height: number, css: string, tooltip: string): string {
  const size = `x="${px(x)}" y="${px(y)}" width="${px(Math.max(width, 1.5))}" height="${px(height)}"`;
  return `<rect ${size} rx="2" class="${css}"><title>${escapeXml(tooltip)}</title></rect>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, css: string): string {
  return `<path d="M${px(x1)} ${px(y1)}L${px(x2)} ${px(y2)}" class="${css}"/>`;
}

/** From `low` to `high` with a cap at either end: how sure a measured end is. */
export function whisker(low: number, high: number, y: number, tooltip: string): string {
  const caps = `M${px(low)} ${px(y - 4)}V${px(y + 4)}M${px(low)} ${px(y)}H${px(high)}M${px(high)} ${px(y - 4)}V${px(y + 4)}`;
  return `<path d="${caps}" class="rb-whisker"><title>${escapeXml(tooltip)}</title></path>`;
}

/** Shortens to what fits in `width`, at the mean width of a character of the pictures' type size. */
export function fit(content: string, width: number, charWidth = 6.1): string {
  const room = Math.floor(width / charWidth);
  const characters = [...content];
  return characters.length <= room ? content : characters.slice(0, Math.max(room - 1, 1)).join("") + "…";
}

export interface Scale {
  (ms: number): number;
  ticks: { ms: number; label: string }[];
}

/** A linear scale from 0 to at least `maxMs`, with round ticks, about six of them. */
export function timeScale(maxMs: number, left: number, right: number): Scale {
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];
  const span = Math.max(maxMs, 500);
  const step = steps.find((candidate) => span / candidate <= 7) ?? Math.ceil(span / 6 / 3_600_000) * 3_600_000;
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
  const scale = (ms: number): number => left + ((right - left) * Math.min(Math.max(ms, 0), span)) / span;
  return Object.assign(scale, { ticks: ticks.map((ms) => ({ ms, label: tickLabel(ms, step) })) });
}

function tickLabel(ms: number, step: number): string {
  if (ms === 0) return "0";
  if (step < 1000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 60_000) return `${ms / 1000} s`;
  const seconds = (ms % 60_000) / 1000;
  return `${Math.floor(ms / 60_000)}:${String(seconds).padStart(2, "0")} min`;
}

/** Ticks, grid lines from `top` to `bottom`, and their labels below. */
export function axis(scale: Scale, top: number, bottom: number): string {
  return scale.ticks
    .map(({ ms, label }) => {
      const anchor = ms === 0 ? "start" : "middle";
      return (
        line(scale(ms), top, scale(ms), bottom, "rb-grid") +
        text(scale(ms), bottom + 14, label, { anchor, css: "rb-faint" })
      );
    })
    .join("");
}

/**
 * Wraps the parts into one SVG. Alone it brings its own style and ground, so that it can be read as an
 * image on any page; embedded it takes the style that the page has (`pictureStyle`).
 */
export function picture(width: number, height: number, title: string, body: string, standalone: boolean): string {
  const ground = standalone ? `<style>${pictureStyle}</style><rect class="rb-paper" width="100%" height="100%"/>` : "";
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="rb" role="img" ${size}><title>${escapeXml(title)}</title>${ground}${body}</svg>`;
}

/** Shades by what a stage is spent on: noticing, clearing away, rebuilding, the guest itself, people. */
const light = `--rb-paper:#fff;--rb-ink:#1c2430;--rb-faint:#667085;--rb-grid:#e4e7ec;--rb-notice:#c98a1b;--rb-clear:#8d6cc4;--rb-rebuild:#3f7fc1;--rb-guest:#2f9e7d;--rb-people:#c2588f;--rb-good:#157044;--rb-bad:#c0362c;--rb-unsure:#8a6100;--rb-quiet:#98a2b3`;
const dark = `--rb-paper:#161b22;--rb-ink:#e6e9ee;--rb-faint:#98a2b3;--rb-grid:#2b323c;--rb-notice:#e0a63b;--rb-clear:#a98be0;--rb-rebuild:#5e9fe0;--rb-guest:#45bd97;--rb-people:#dc79ab;--rb-good:#4cc38a;--rb-bad:#ff7b70;--rb-unsure:#e0b040;--rb-quiet:#667085`;

/** The style sheet of the pictures; every class and variable in it begins with `rb`. */
export const pictureStyle = `.rb{${light};color-scheme:light dark;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.rb{${dark}}}
@media print{.rb{${light}}}
.rb text{fill:var(--rb-ink)}.rb .rb-faint{fill:var(--rb-faint);font-size:11px}.rb .rb-strong{font-weight:600}
.rb-paper{fill:var(--rb-paper)}.rb path{fill:none;stroke-width:1}.rb-grid{stroke:var(--rb-grid)}
.rb-whisker{stroke:var(--rb-ink);stroke-width:1.5!important}.rb-limit{stroke:var(--rb-bad);stroke-dasharray:4 3}.rb-mark{stroke:var(--rb-people);stroke-dasharray:1 3}
.rb-notice{fill:var(--rb-notice)}.rb-clear{fill:var(--rb-clear)}.rb-rebuild{fill:var(--rb-rebuild)}.rb-guest{fill:var(--rb-guest)}.rb-people{fill:var(--rb-people)}
.rb-total{fill:var(--rb-faint)}.rb-down{fill:var(--rb-bad);opacity:.55}.rb-open{fill:var(--rb-bad);opacity:.28}.rb-ended{fill:var(--rb-quiet)}.rb-flat{fill:var(--rb-guest);opacity:.3}
.rb text.rb-good{fill:var(--rb-good)}.rb text.rb-bad{fill:var(--rb-bad)}.rb text.rb-unsure{fill:var(--rb-unsure)}.rb text.rb-muted{fill:var(--rb-faint)}`;
