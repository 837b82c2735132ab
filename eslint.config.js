import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** Imports a folder must not make, as rules; `type` imports carry no code and may be allowed. */
function mustNotImport(...restrictions) {
  return { "@typescript-eslint/no-restricted-imports": ["error", { patterns: restrictions }] };
}

const simulator = {
  regex: "(^|/)simulator/",
  message: "The harness reaches the simulator only through src/cluster/simulated/.",
};
const harness = {
  regex:
    "^(\\.\\./)+(cli|clock|cluster|experiment|faults|lint|observe|recovery|remedies|report|safety|workload|errors\\.ts|index\\.ts)",
  message: "The simulator knows nothing of the harness; src/kube/ is all they share.",
};
const cluster = {
  regex: "^(\\.\\./)+cluster/",
  allowTypeImports: true,
  message: "What comes after the journal is a pure function of it: no cluster is at hand.",
};
const experimentRun = {
  regex: "^(\\.\\./)+experiment/(?!plan\\.ts$)",
  allowTypeImports: true,
  message: "What comes after the journal is a pure function of it: only the plan's words may be used.",
};
const anything = { regex: "^\\.\\./", message: "The prober runs somewhere else: it has its own folder and Node." };
const commandLine = { regex: "^(\\.\\./)+cli/", message: "The command line calls the harness, never the reverse." };

export default defineConfig(
  { ignores: ["dist/", "reports/", "node_modules/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      // An `async` function without `await` still turns what it throws into a rejection, as its interface promises.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // `== null` is the one comparison that means both of its nothings.
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-lines": ["error", 400],
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: true } }],
    },
  },
  { files: ["src/**/*.ts"], ignores: ["src/cli/**"], rules: mustNotImport(simulator, commandLine) },
  { files: ["src/cli/**"], rules: mustNotImport(simulator) },
  { files: ["src/cluster/simulated/**"], rules: mustNotImport(commandLine) },
  { files: ["src/report/**", "src/recovery/**"], rules: mustNotImport(simulator, commandLine, cluster, experimentRun) },
  { files: ["src/prober/**"], rules: mustNotImport(anything) },
  { files: ["src/simulator/**"], rules: mustNotImport(harness) },
  { files: ["scenarios/**", "**/*.d.ts"], rules: { "no-restricted-exports": "off" } },
);
