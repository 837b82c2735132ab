import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadScenarios } from "../../src/experiment/load-scenarios.ts";

describe("loading scenarios", () => {
  it("gives up on a file that never says what it exports", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rebound-scenario-"));
    const file = join(folder, "endless.ts");
    await writeFile(file, "await new Promise(() => {});\nexport {};\n");
    try {
      await assert.rejects(loadScenarios([file], 10), {
        name: "UsageError",
        message: `scenario ${file} cannot be loaded: waited 0.01 s for it to say what it exports`,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
