import type { Clock, Timer } from "../clock/clock.ts";
import type { JournalWriter } from "./journal-writer.ts";

/** How often the clocks are compared, in milliseconds. */
const periodMs = 5_000;
/** A parting that ordinary slewing (500 ppm) does not explain, in milliseconds. */
const toleratedMs = 100;

/**
 * Notes whenever the calendar clock has parted from the monotonic one by more than is ordinary: then the machine
 * was suspended, or somebody set its clock. Returns how to stop.
 */
export function startClockCheck(clock: Clock, journal: JournalWriter): () => void {
  let parting = clock.wall().getTime() - clock.now();
  let timer: Timer;
  const check = (): void => {
    const present = clock.wall().getTime() - clock.now();
    const skewMs = Math.round(present - parting);
    parting = present;
    if (Math.abs(skewMs) > toleratedMs) journal.append({ kind: "clock", skewMs, against: "wall" });
    timer = clock.after(periodMs, check);
  };
  timer = clock.after(periodMs, check);
  return () => timer.cancel();
}
