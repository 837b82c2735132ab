import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { folderWith, rebound } from "../cli/rebound.ts";

describe("a bundle", () => {
  it("is everything of a run in one file, under the run's name, made once", async function () {
    this.timeout(60_000);
    await using folder = await folderWith();
    const cwd = folder.path;
    const ran = await rebound(["run", "vm-crash", "--grep", "vm-crash/always$"], { cwd });
    assert.equal(ran.exitCode, 0, ran.stderr);
    const { exitCode, stdout, stderr } = await rebound(["report", "--bundle", "reports/latest"], { cwd });
    assert.equal(exitCode, 0, stderr);
    const file = stdout.trim();
    assert.match(file, /^20\d\d-[\dTZ-]+\.tar\.gz$/);
    const archive = gunzipSync(await readFile(join(cwd, file))).toString("latin1");
    const id = file.replace(".tar.gz", "");
    for (const name of ["results.json", "run.json", "index.html", "mochawesome.html", "journals/vm-crash.jsonl"]) {
      assert.ok(archive.includes(`${id}/${name}\0`), name);
    }
    const results = await readFile(join(cwd, "reports/latest/results.json"), "latin1");
    assert.ok(archive.includes(results), "whole");

    const again = await rebound(["report", "--bundle", "reports/latest"], { cwd });
    assert.equal(again.exitCode, 2);
    assert.match(again.stderr, /it is there already/);
  });

  it("is refused of what is no run", async () => {
    await using folder = await folderWith({ "results.json": "{}" });
    const { exitCode, stderr } = await rebound(["report", "--bundle", "."], { cwd: folder.path });
    assert.equal(exitCode, 2);
    assert.match(stderr, /is no run's folder: it has no journals/);
  });
});
