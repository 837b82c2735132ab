import { formatMs, oneLine } from "./format.ts";
import type { RemedyEffect } from "./results.ts";

/** How many came back: `2 of 2 back`, `none of 2 back`, `not tried`. */
export function backText({ back, of, reason }: RemedyEffect): string {
  if (reason !== null) return "not tried";
  return `${back === 0 ? "none" : back} of ${of} back`;
}

/** How soon, from what was done: `20.2 s to 26.4 s`; `never in 8 min 30 s` where nobody came back; why it was not tried. */
export function soonText({ timeMs, back, watchedMs, reason }: RemedyEffect): string {
  if (reason !== null) return oneLine(reason);
  if (timeMs === null) return back === 0 ? `never in ${formatMs(watchedMs)}` : "–";
  const [low, high] = [formatMs(timeMs.low), formatMs(timeMs.high)];
  return low === high ? low : `${low} to ${high}`;
}

/** The least that the settings allow; an en dash where none can be computed. */
export function floorText({ floorMs, timeMs }: RemedyEffect): string {
  return floorMs === null || floorMs === 0 || timeMs === null ? "–" : formatMs(floorMs);
}
