import { registerHooks } from "node:module";
import { extname } from "node:path";

/**
 * Lets a scenario file lie anywhere. `import … from "rebound"` means this very package: nothing is installed beside
 * the file, and it shares one instance of every module with the harness that runs it. And TypeScript is
 * a module, also where a package.json says `"type": "commonjs"`, as `npm init` has it.
 */
export function registerModuleHooks(): void {
  const index = new URL(`../index${extname(import.meta.url)}`, import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === "rebound") return { url: index, shortCircuit: true };
      const resolved = next(specifier, context);
      return /^file:.*\.ts$/.test(resolved.url) ? { ...resolved, format: "module-typescript" } : resolved;
    },
  });
}
