import { extname } from "node:path";
import { registerHooks } from "node:module";

/**
 * Makes `import … from "rebound"` mean this very package, wherever the importing file lies: a scenario needs
 * nothing installed beside it, and shares one instance of every module with the harness that runs it.
 */
export function resolveReboundToThisPackage(): void {
  const index = new URL(`../index${extname(import.meta.url)}`, import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "rebound" ? { url: index, shortCircuit: true } : next(specifier, context),
  });
}
