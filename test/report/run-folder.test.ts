import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/errors.ts";
import { parseResults } from "../../src/report/results-json.ts";
import { createRunFolder, runId, writeReports, writeWhole, type RunFacts } from "../../src/report/run-folder.ts";
import { realisticResults } from "./realistic-results.ts";

const facts: RunFacts = {
  id: "run",
  startedAt: "2025-11-22T15:00:00Z",
  finishedAt: "2025-11-22T15:00:09Z",
  command: ["rebound", "run", "basics"],
  versions: { rebound: "0.1.0", node: "v24.0.0" },
  exitCode: 1,
};

describe("a run's folder", () => {
  let out: string;
  beforeEach(async () => (out = await mkdtemp(join(tmpdir(), "rebound-out-"))));
  afterEach(() => rm(out, { recursive: true }));

  it("is made with its parents, for journals and logs", async () => {
    const folder = await createRunFolder(join(out, "deep", "er"), "run");
    assert.deepEqual(await readdir(folder.path), ["journals", "logs"]);
  });

  it("of a second run in the same second has a name of its own", async () => {
    const ids = [await createRunFolder(out, "run"), await createRunFolder(out, "run")].map(({ id }) => id);
    assert.deepEqual(ids, ["run", "run-2"]);
  });

  it("that cannot be written is an error of usage, before anything ran", async () => {
    await writeFile(join(out, "file"), "");
    await assert.rejects(createRunFolder(join(out, "file"), "run"), UsageError);
    await assert.rejects(
      createRunFolder(join(out, "file", "deeper"), "run"),
      /--out .*: reports cannot be written there/,
    );
    await assert.rejects(createRunFolder("/proc/deep/er", "run"), UsageError);
  });

  it("is named so that runs sort by time", () => {
    assert.equal(runId(new Date("2025-11-22T15:04:05.678Z")), "2025-11-22T15-04-05Z");
  });

  it("holds every report, and the newest is what `latest` points at", async () => {
    const older = await createRunFolder(out, "a");
    const newer = await createRunFolder(out, "b");
    await writeReports(older, realisticResults(), facts);
    await writeReports(newer, realisticResults(), facts);
    assert.equal(await readlink(join(out, "latest")), "b");
    const files = [
      "index.html",
      "journals",
      "junit.xml",
      "logs",
      "metrics.prom",
      "results.json",
      "run.json",
      "summary.md",
    ];
    assert.deepEqual(await readdir(join(out, "latest")), files);
    assert.deepEqual(JSON.parse(await readFile(join(newer.path, "run.json"), "utf8")), facts);
    assert.deepEqual(parseResults(await readFile(join(newer.path, "results.json"), "utf8")), realisticResults());
    assert.deepEqual(await readdir(out), ["a", "b", "latest"]);
  });

  it("gets nothing at all from results that break their schema", async () => {
    const folder = await createRunFolder(out, "run");
    const results = realisticResults();
    results.summary.red = 0;
    await assert.rejects(writeReports(folder, results, facts));
    assert.deepEqual(await readdir(folder.path), ["journals", "logs"]);
    assert.deepEqual(await readdir(out), ["run"]);
  });

  it("has no results.json where another report could not be written", async () => {
    const folder = await createRunFolder(out, "run");
    await mkdir(join(folder.path, "metrics.prom"));
    await assert.rejects(writeReports(folder, realisticResults(), facts));
    assert.ok(!(await readdir(folder.path)).includes("results.json"));
    assert.deepEqual(await readdir(out), ["run"]);
  });

  it("a file that could not be written whole leaves nothing behind", async () => {
    await mkdir(join(out, "taken"));
    await assert.rejects(writeWhole(join(out, "taken"), "text"));
    assert.deepEqual(await readdir(out), ["taken"]);
  });
});
