const unitSeconds: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3 };

/** Seconds of a duration as Go's components write it, e.g. `1m40s`; null where it is none. */
export function goSeconds(duration: string): number | null {
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(duration)) return duration === "0" ? 0 : null;
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitSeconds[unit!]!, 0);
}
