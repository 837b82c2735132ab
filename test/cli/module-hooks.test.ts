import assert from "node:assert/strict";
import { join } from "node:path";
import { isExperiment } from "../../src/experiment/experiment.ts";
import { loadScenarios } from "../../src/experiment/load-scenarios.ts";
import { folderWith } from "./rebound.ts";

const scenario = `
  import { experiment, vm, vmCrash } from "rebound";
  import { limit } from "./limit.ts";
  export default experiment({
    id: "web", title: "It is back", fault: vmCrash(), variants: [vm("web")],
    expect: { web: { outcome: "restarted", within: limit } },
  });
`;
const limit = `export const limit = "60s" as const;`;

describe("a scenario file anywhere", () => {
  const packages = { none: undefined, "one without a type": "{}", "one of CommonJS": `{ "type": "commonjs" }` };
  for (const [which, packageJson] of Object.entries(packages)) {
    it(`imports rebound, this very one, and its neighbours where the package.json is ${which}`, async () => {
      await using folder = await folderWith({
        "my.scenario.ts": scenario,
        "limit.ts": limit,
        ...(packageJson && { "package.json": packageJson }),
      });
      const [declared] = await loadScenarios([join(folder.path, "my.scenario.ts")]);
      assert.ok(isExperiment(declared?.experiment));
      assert.deepEqual(declared.experiment.expect, { web: { outcome: "restarted", within: "60s" } });
    });
  }
});
