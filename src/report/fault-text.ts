import type { ExperimentResult } from "./results.ts";

type Fault = Pick<ExperimentResult["fault"], "name" | "parameters">;

/**
 * `node-shutdown (orderly)`: a fault with its parameters, without what they are called; and what lasts meanwhile, as in
 * `drain during component-stop (virt-api)`.
 */
export function faultText({ name, parameters: { during, ...parameters } }: Fault): string {
  const values = Object.entries(parameters).flatMap(([key, value]) =>
    value === true ? key : value === false ? [] : String(value),
  );
  const alone = values.length === 0 ? name : `${name} (${values.join(", ")})`;
  if (during === undefined) return alone;
  const { fault, ...own } = during as { fault: string };
  return `${alone} during ${faultText({ name: fault, parameters: own })}`;
}
