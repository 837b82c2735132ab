import { resolveReboundToThisPackage } from "../src/cli/rebound-specifier.ts";

resolveReboundToThisPackage();
