import type { ExperimentResult } from "./results.ts";

/** `node-shutdown (orderly)`: a fault with its parameters, without what they are called. */
export function faultText({ name, parameters }: Pick<ExperimentResult["fault"], "name" | "parameters">): string {
  const values = Object.entries(parameters).flatMap(([key, value]) =>
    value === true ? key : value === false ? [] : String(value),
  );
  return values.length === 0 ? name : `${name} (${values.join(", ")})`;
}
