import { registerModuleHooks } from "../src/cli/module-hooks.ts";
import { stopOwnEngine } from "./cluster/kind/engine.ts";

registerModuleHooks();

/** Once, after all tests of all processes. */
export const mochaGlobalTeardown = stopOwnEngine;
