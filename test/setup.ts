import { registerModuleHooks } from "../src/cli/module-hooks.ts";

registerModuleHooks();
