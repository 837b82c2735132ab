import { UsageError } from "../errors.ts";
import { faults } from "./catalogue.ts";
import type { Fault } from "./fault.ts";

/**
 * The fault of the catalogue that has this name and these parameters, as `name=value`.
 *
 * @throws UsageError where none has, or several have
 */
export function chooseFault(name: string, parameters: string[]): Fault {
  const named = faults.filter((fault) => fault.name === name);
  if (named.length === 0) {
    const names = [...new Set(faults.map((fault) => fault.name))].sort().join(", ");
    throw new UsageError(`there is no fault "${name}"; there are ${names}`);
  }
  const fit = named.filter((fault) => parameters.every((parameter) => wordsOf(fault).includes(parameter)));
  if (fit.length === 1) return fit[0]!;
  const kinds = named.map((fault) =>
    wordsOf(fault)
      .map((word) => `--with ${word}`)
      .join(" "),
  );
  const lack = fit.length === 0 ? `has no kind with ${parameters.join(" and ")}` : "has several kinds";
  throw new UsageError(`${name} ${lack}; say which: ${kinds.filter(Boolean).join(", or ") || "it takes no --with"}`);
}

function wordsOf({ parameters }: Fault): string[] {
  return Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
}
