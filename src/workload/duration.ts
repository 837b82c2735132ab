import { UsageError } from "../errors.ts";

/** A length of time as scenarios write it: `"90s"`, `"8min"`, `"500ms"`. */
export type Duration = `${number}ms` | `${number}s` | `${number}min`;

const unitMs = { ms: 1, s: 1000, min: 60_000 } as const;

/** In milliseconds; a `UsageError` where it is not a length of time. */
export function milliseconds(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min)$/.exec(duration);
  if (match === null) {
    throw new UsageError(`"${String(duration)}" is not a length of time; write it like "90s", "8min" or "500ms"`);
  }
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
