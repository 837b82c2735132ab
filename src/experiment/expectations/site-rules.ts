import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, UsageError } from "../../errors.ts";
import { milliseconds, type Duration } from "../../workload/duration.ts";
import { expectationOutcomes } from "../plan.ts";
import type { Ruling } from "./expect.ts";
import { wayOf, type Situation } from "./situation.ts";

/** What a site's platform does otherwise than is documented. */
export type SiteRule = z.infer<typeof siteRule>;

const siteRule = z.strictObject({
  fault: z.string(),
  /** `observe` unless it says a remedy's name or `return`. */
  phase: z.string().default("observe"),
  /** Run strategies, or `bare` and `replicaSet`; all where none are said. */
  ways: z.array(z.enum(["Always", "RerunOnFailure", "Manual", "Once", "bare", "replicaSet"])).optional(),
  outcome: z.enum(expectationOutcomes),
  within: z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|min)$/, 'must be a length of time, like "90s"')
    .optional(),
  /** Why: a reader of the report is told. */
  source: z.string().min(1),
});

/** The rules of a file: a YAML list. @throws UsageError that says what is wrong with it, and where */
export function readSiteRules(file: string): SiteRule[] {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const parsed = z.array(siteRule).safeParse(content);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  throw new UsageError(`${file} is no list of expectations: ${complaints.join("; ")}`);
}

/** What the site says of a victim's situation; null where it says nothing. The first rule that fits decides. */
export function siteRuling(rules: SiteRule[], situation: Situation, documented: Ruling | null): Ruling | null {
  const way = wayOf(situation.variant);
  const rule = rules.find(
    ({ fault, phase, ways }) =>
      situation.variant.role === "victim" &&
      fault === situation.fault.name &&
      phase === situation.phase &&
      (ways === undefined || ways.some((each) => each === way)),
  );
  if (rule === undefined) return null;
  const withinMs = rule.within === undefined ? null : milliseconds(rule.within as Duration);
  const { outcome, source } = rule;
  return {
    expectation: { outcome, withinMs, maxDowntimeMs: null, floorMs: null, source: `the site: ${source}` },
    watchMs: Math.max(documented?.watchMs ?? unruledWatchMs, (withinMs ?? 0) + 10_000),
    rest: outcome === documented?.expectation.outcome ? documented.rest : null,
  };
}

/** How long to watch what no other rule speaks of, in milliseconds. */
const unruledWatchMs = 300_000;
