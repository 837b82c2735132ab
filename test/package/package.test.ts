import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { folderWith } from "../cli/rebound.ts";

const root = join(import.meta.dirname, "../..");

const scenario = `
import { experiment, vm, vmCrash } from "rebound";

export default experiment({
  id: "web-survives-a-crash",
  title: "The web server is back within a minute of a crash",
  fault: vmCrash(),
  variants: [vm("web", { runStrategy: "Always" }), vm("batch", { runStrategy: "Once" })],
  expect: { web: { outcome: "restarted", within: "60s" }, batch: "stopped" },
});
`;

/** What must not compile: were the package's types lost, everything would. */
const mistyped = `
import { vm, type ExperimentOptions } from "rebound";

// @ts-expect-error There is no such run strategy.
vm("web", { runStrategy: "Forever" });
// @ts-expect-error There is no such outcome.
export const expect: ExperimentOptions["expect"] = { web: "revived" };
`;

describe("the package", function () {
  // Packs, and installs with all its dependencies.
  this.timeout(240_000);

  it("runs a scenario of ten lines where it is installed, and types it", async () => {
    await using project = await folderWith({
      "package.json": JSON.stringify({ name: "user", private: true, type: "module" }),
      "my.scenario.ts": scenario,
      "mistyped.ts": mistyped,
      "tsconfig.json": JSON.stringify({
        compilerOptions: { module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: [] },
        include: ["*.ts"],
      }),
    });
    const inProject = { cwd: project.path, env: { NODE_OPTIONS: "" } };
    const packed = await execa("npm", ["pack", "--json", "--pack-destination", project.path], { cwd: root });
    const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
    await execa("npm", ["install", "--prefer-offline", "--ignore-scripts", `./${filename}`], inProject);

    const run = await execa(
      process.execPath,
      ["node_modules/rebound/bin/rebound.js", "run", "my.scenario.ts", "--out", "out"],
      { ...inProject, reject: false },
    );
    assert.equal(run.exitCode, 0, run.stderr);
    const results = JSON.parse(await readFile(join(project.path, "out/latest/results.json"), "utf8")) as {
      summary: { green: number };
    };
    assert.equal(results.summary.green, 2);

    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const typed = await execa(process.execPath, [tsc, "-p", "."], { ...inProject, reject: false });
    assert.equal(typed.exitCode, 0, typed.stdout);
  });
});
