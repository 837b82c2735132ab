import { readFileSync } from "node:fs";
import type { Outcome } from "../../src/experiment/plan.ts";

/** What a careful person reads in one window of a recording; seconds of the journal. */
export interface TruthWindow {
  what: string;
  from: number;
  until: number;
  vms: Record<string, TruthOfVm>;
}

export interface TruthOfVm {
  outcome: Outcome;
  on?: string;
  node?: "same" | "other";
  goodAt?: [number, number];
  provenBy?: "answer" | "ready-only";
  phase?: string;
  endedAt?: number;
}

export const truth = JSON.parse(readFileSync(new URL("truth.json", import.meta.url), "utf8")) as Record<
  string,
  TruthWindow[]
>;

export function pathOfRecording(name: string): string {
  return new URL(`${name}.jsonl.gz`, import.meta.url).pathname;
}
