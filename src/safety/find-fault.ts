import { isDeepStrictEqual } from "node:util";
import { EnvironmentError, messageOf } from "../errors.ts";
import { loadScenarios } from "../experiment/load-scenarios.ts";
import type { Fault } from "../faults/fault.ts";
import { remakeFault } from "../faults/remake.ts";
import type { FindFault } from "./put-back.ts";

/** The fault that was written down: of the user's file, if one declares it and is still there, or of Rebound's own. */
export const findWrittenFault: FindFault = async ({ fault, file }) => {
  const { name, parameters } = fault;
  let lack = "there is no such fault";
  if (file !== null) {
    try {
      const declared = await declaredIn(file, name, parameters);
      if (declared !== undefined) return declared;
      lack = `${file} no longer declares it`;
    } catch (error) {
      lack = messageOf(error);
    }
  }
  const own = remakeFault(name, parameters);
  if (own !== null) return own;
  throw new EnvironmentError(
    `the fault ${name} ${JSON.stringify(parameters)} cannot be reverted: ${lack}; ` +
      "put the scenario's file back as it was, and undo again",
  );
};

async function declaredIn(file: string, name: string, parameters: unknown): Promise<Fault | undefined> {
  const declared = await loadScenarios([file]);
  return declared
    .map(({ experiment }) => experiment.fault)
    .find((fault) => fault.name === name && isDeepStrictEqual(plain(fault.parameters), parameters));
}

/** As it was written down. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
