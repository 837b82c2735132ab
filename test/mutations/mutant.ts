import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import type { Results } from "../../src/report/results.ts";
import type { Mutation } from "./mutation.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of the project that can be changed and run. */
export class Mutant {
  readonly #folder = mkdtempSync(join(tmpdir(), "rebound-mutant-"));

  constructor() {
    for (const part of ["src", "scenarios", "bin", "package.json"]) {
      cpSync(join(root, part), join(this.#folder, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(this.#folder, "node_modules"));
  }

  /** Runs the experiments that must notice the mutation, and undoes it. Throws where there is nothing to mutate. */
  async run({ file, find, replace, grep }: Mutation): Promise<{ exitCode: number; results: Results }> {
    const path = join(this.#folder, file);
    const before = readFileSync(path, "utf8");
    if (before.split(find).length !== 2) throw new Error(`${file} does not hold exactly one "${find}"`);
    writeFileSync(
      path,
      before.replace(find, () => replace),
    );
    try {
      return await this.#run(grep);
    } finally {
      writeFileSync(path, before);
    }
  }

  async #run(grep: string): Promise<{ exitCode: number; results: Results }> {
    const argv = ["bin/rebound.js", "run", "--grep", grep, "--json", "--out", "out"];
    const { exitCode, stdout, stderr } = await execa(process.execPath, argv, { cwd: this.#folder, reject: false });
    if (stdout === "") throw new Error(`no results: ${stderr}`);
    return { exitCode: exitCode ?? -1, results: JSON.parse(stdout) as Results };
  }
}
