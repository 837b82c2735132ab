import { z } from "zod";
import { resultsSchema, type Results } from "./results.ts";

/**
 * The text of `results.json`: the same results give the same bytes.
 *
 * @throws ZodError where the results break their own schema; nothing is written then
 */
export function resultsJson(results: Results): string {
  const checked = resultsSchema.parse(results);
  // Zod gives objects the order of the schema; only those without one of their own are left to sort.
  const cluster = { ...checked.cluster, settings: sortKeys(checked.cluster.settings) };
  const experiments = checked.experiments.map((experiment) => ({
    ...experiment,
    fault: { ...experiment.fault, parameters: sortKeys(experiment.fault.parameters) },
  }));
  return JSON.stringify({ ...checked, cluster, experiments }, null, 2) + "\n";
}

/** Reads a `results.json`. @throws ZodError or SyntaxError where it is none */
export function parseResults(text: string): Results {
  return resultsSchema.parse(JSON.parse(text));
}

/** The text of `results.schema.json`, made from the schema that `results.json` is checked against. */
export function resultsJsonSchema(): string {
  const schema = z.toJSONSchema(resultsSchema);
  return JSON.stringify({ title: "results.json of a Rebound run", ...schema }, null, 2) + "\n";
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
