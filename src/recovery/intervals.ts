import type { Interval, Measured } from "./recovery.ts";

/** An interval in whole milliseconds, with its midpoint. */
export function measured({ low, high }: Interval): Measured {
  const whole = { low: Math.round(low), high: Math.round(high) };
  return { ...whole, value: midpoint(whole) };
}

/** The middle of an interval, in whole milliseconds. */
export function midpoint({ low, high }: Interval): number {
  return Math.round((low + high) / 2);
}

/**
 * How long it was from one instant to another, when each is only known to lie between two: never below zero, and the
 * value is the distance of the midpoints, so that they add up.
 */
export function elapsed(from: Interval, to: Interval): Measured {
  return {
    low: Math.max(0, Math.round(to.low) - Math.round(from.high)),
    value: Math.max(0, midpoint(to) - midpoint(from)),
    high: Math.max(0, Math.round(to.high) - Math.round(from.low)),
  };
}
