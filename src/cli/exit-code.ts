import { exitCodes } from "../errors.ts";
import type { Summary } from "../report/results.ts";

/** What a run's judgements make of its exit code: red before what could not be judged, and nothing green is not green. */
export function exitCodeOfSummary({ green, red, invalid, notInjected }: Summary): number {
  if (red > 0) return exitCodes.red;
  if (invalid > 0 || notInjected > 0 || green === 0) return exitCodes.environment;
  return exitCodes.green;
}
