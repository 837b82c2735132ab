import { stripVTControlCharacters } from "node:util";
import type { Interval, Measured } from "../recovery/recovery.ts";

/** A duration for a person: `840 ms`, `26.4 s`, `5 min 48 s`, `1 h 05 min`. */
export function formatMs(ms: number): string {
  if (ms < 0) return `−${formatMs(-ms)}`;
  const unit = shownUnit(ms);
  const units = Math.round(ms / unit);
  if (unit === 1) return `${units} ms`;
  if (unit === 100) return `${(units / 10).toFixed(1)} s`;
  return `${Math.floor(units / 60)} ${unit === 1000 ? "min" : "h"} ${twoDigits(units % 60)} ${unit === 1000 ? "s" : "min"}`;
}

/** A limit, which is a round number: `90 s`, `8 min`; as any other duration where it is not. */
export function formatLimit(ms: number): string {
  if (ms > 0 && ms < 120_000 && ms % 1000 === 0) return `${ms / 1000} s`;
  return formatMs(ms).replace(/ (?:00 s|00 min)$/, "");
}

/**
 * A duration with its uncertainty: `26.4 s ±0.2`, `1 min 04.3 s ±0.1`, `5 min 48 s ±2 s`. The interval shown always
 * contains the one measured, so that rounding never claims more.
 */
export function formatMeasured({ value, low, high }: Measured): string {
  if (low === high) return formatMs(value);
  const ownUnit = shownUnit(value);
  const isFine = ownUnit === 1000 && Math.max(high - value, value - low) < 950;
  const unit = isFine ? 100 : ownUnit;
  const text = isFine ? minutesInTenths(value) : formatMs(value);
  const shown = Math.round(value / unit) * unit;
  const half = Math.ceil(Math.max(high - shown, shown - low) / unit - 1e-9);
  if (unit === 1) return `${text} ±${half}`;
  if (unit === 100) return `${text} ±${(half / 10).toFixed(1)}`;
  return `${text} ±${half} ${unit === 1000 ? "s" : "min"}`;
}

/** Down to how many milliseconds a duration is shown. */
function shownUnit(ms: number): 1 | 100 | 1000 | 60_000 {
  if (Math.round(ms) < 1000) return 1;
  if (Math.round(ms / 100) < 600) return 100;
  return Math.round(ms / 1000) < 3600 ? 1000 : 60_000;
}

/** The bounds themselves: `26.21 s to 26.58 s`; finer than `formatMeasured`, for tooltips and details. */
export function formatInterval({ low, high }: Interval): string {
  return `${fineMs(low)} to ${fineMs(high)}`;
}

function fineMs(ms: number): string {
  if (ms < 1000 || ms >= 3_600_000) return formatMs(ms);
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return minutesInTenths(ms);
}

function minutesInTenths(ms: number): string {
  const tenths = Math.round(ms / 100);
  return `${Math.floor(tenths / 600)} min ${((tenths % 600) / 10).toFixed(1).padStart(4, "0")} s`;
}

/** An instant of the journal, in seconds as the journal itself has them: `104.250 s`. */
export function formatInstant(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Text fit for one line of a terminal or a document: no escape sequences, no control characters, no line breaks. */
export function oneLine(text: string): string {
  // U+2028.. and the bidirectional marks would let a name rearrange the line it stands in.
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim();
}

/** Text fit for the content or a quoted attribute of HTML, SVG and XML. */
export function escapeXml(text: string): string {
  return (
    text
      // XML 1.0 has no way to write these, not even escaped.
      .replace(/[^\P{Cc}\t\n\r]|[\p{Cs}\ufffe\uffff]/gu, "\ufffd")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;")
  );
}

/** A word for a POSIX shell, quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `1 victim`, `2 victims`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Breaks a text between words into lines of at most `width` characters; a longer word has a line to itself. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
