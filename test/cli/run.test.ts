import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Results } from "../../src/report/results.ts";
import { folderWith, rebound } from "./rebound.ts";

/** A scenario with one VM that a crash brings down for good, and one that it does not. */
const scenario = (expect = "{}"): string => `
import { experiment, vm, vmCrash } from "rebound";
export default experiment({
  id: "crash", title: "A crash", fault: vmCrash(),
  variants: [vm("web", { runStrategy: "Always" }), vm("batch", { runStrategy: "Once" })],
  expect: ${expect},
});
`;

async function resultsIn(folder: string): Promise<Results> {
  return JSON.parse(await readFile(join(folder, "reports/latest/results.json"), "utf8")) as Results;
}

describe("rebound run", () => {
  it("judges a scenario of the user's own and writes every file of the report", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const { exitCode, stdout, stderr } = await rebound(["run", "my.scenario.ts"], { cwd: folder.path });
    assert.equal(exitCode, 0, stderr + stdout);
    assert.match(stdout, /web .*restarted.*recovered/);
    assert.match(stdout, /batch .*stopped \(Failed\).*as expected/);
    assert.match(stdout, /2 green \(prediction of a model\)\nreport: reports\/.*index\.html\n?$/);
    assert.match(stderr, /^crash: inject/m, "progress goes where it does not disturb the results");
    const files = await readdir(join(folder.path, "reports/latest"));
    for (const file of ["index.html", "mochawesome.html", "junit.xml", "summary.md", "metrics.prom", "run.json"]) {
      assert.ok(files.includes(file), file);
    }
    assert.deepEqual(await readdir(join(folder.path, "reports/latest/journals")), ["crash.jsonl"]);
    const { summary } = await resultsIn(folder.path);
    assert.deepEqual(summary, { green: 2, red: 0, invalid: 0, notInjected: 0, skipped: 0 });
  });

  it("exits 1 where an expectation is wrong, and says why", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario(`{ batch: "restarted" }`) });
    const { exitCode, stdout } = await rebound(["run", "my.scenario.ts"], { cwd: folder.path });
    assert.equal(exitCode, 1);
    assert.match(stdout, /not recovered {2}crash\/batch\n.*Expected: restarted.*Seen: stopped/);
  });

  it("exits 4 where all is green and takes longer than in the run that it is held against", async function () {
    this.timeout(90_000);
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const run = (...more: string[]) => rebound(["run", "my.scenario.ts", ...more], { cwd: folder.path });
    await run("--out", "before");
    const file = join(folder.path, "before/latest/results.json");
    const faster = JSON.parse(await readFile(file, "utf8")) as Results;
    faster.experiments[0]!.variants[0]!.judgements[0]!.ttrMs = { value: 2_000, low: 1_900, high: 2_100 };
    await writeFile(file, JSON.stringify(faster));
    const slower = await run("--baseline", "before/latest");
    assert.equal(slower.exitCode, 4);
    assert.match(slower.stderr, /^rebound: worse than the baseline: crash\/web takes .*, and took 2\.0 s ±0\.1$/m);
    const none = await run("--baseline", "nowhere");
    assert.equal(none.exitCode, 2);
    assert.match(none.stderr, /--baseline nowhere cannot be read .*; name a run's folder/);
  });

  it("prints results.json and nothing else with --json, the same for the same seed", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const args = (seed: string): string[] => ["run", "my.scenario.ts", "--json", "--seed", seed];
    const [first, second, other] = await Promise.all(
      ["7", "7", "8"].map((seed) => rebound(args(seed), { cwd: folder.path })),
    );
    const results = JSON.parse(first!.stdout) as Results;
    assert.equal(results.seed, 7);
    assert.equal(first!.stdout, second!.stdout, "the same seed, byte for byte");
    const outcomes = ({ experiments }: Results) =>
      experiments.flatMap(({ variants }) => variants.map(({ judgements }) => judgements.map(({ outcome }) => outcome)));
    const times = ({ experiments }: Results) => experiments[0]!.variants[0]!.judgements[0]!.ttrMs;
    const unlike = JSON.parse(other!.stdout) as Results;
    assert.deepEqual(outcomes(unlike), outcomes(results), "another seed, the same outcomes");
    assert.notDeepEqual(times(unlike), times(results), "another seed, other times");
  });

  it("is not judged, and says what happened, where a scenario throws after it was loaded", async () => {
    const late = `${scenario()}\nsetImmediate(() => { throw new Error("too late"); });`;
    await using folder = await folderWith({ "my.scenario.ts": late });
    const { exitCode, stdout, stderr } = await rebound(["run", "my.scenario.ts"], { cwd: folder.path });
    assert.deepEqual({ exitCode, stdout }, { exitCode: 3, stdout: "" });
    assert.match(stderr, /^rebound: too late$/m);
  });

  it("ends when it is done, whatever a scenario leaves running", async () => {
    await using folder = await folderWith({ "my.scenario.ts": `${scenario()}\nsetInterval(() => {}, 1000);` });
    const { exitCode } = await rebound(["run", "my.scenario.ts", "--dry-run"], { cwd: folder.path });
    assert.equal(exitCode, 0);
  });

  it("judges only the variants that --grep matches", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const { stdout } = await rebound(["run", "my.scenario.ts", "--json", "--grep", "crash/web"], { cwd: folder.path });
    const { experiments } = JSON.parse(stdout) as Results;
    assert.deepEqual(
      experiments.flatMap(({ variants }) => variants.map(({ name }) => name)),
      ["web"],
    );
  });

  it("runs an experiment again and again with --repeat, each time with chances of its own", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const { stdout } = await rebound(["run", "my.scenario.ts", "--json", "--repeat", "2", "--grep", "web"], {
      cwd: folder.path,
    });
    const { experiments } = JSON.parse(stdout) as Results;
    const runs = experiments.flatMap(({ variants }) => variants);
    assert.deepEqual(
      runs.map(({ name, repeat }) => `${name} #${repeat}`),
      ["web #1", "web #2"],
    );
    assert.notDeepEqual(runs[0]!.judgements[0]!.ttrMs, runs[1]!.judgements[0]!.ttrMs);
    assert.deepEqual(await readdir(join(folder.path, "reports/latest/journals")), ["crash.2.jsonl", "crash.jsonl"]);
  });

  it("touches nothing in a dry run", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const { exitCode, stdout } = await rebound(["run", "my.scenario.ts", "--dry-run"], { cwd: folder.path });
    assert.equal(exitCode, 0);
    assert.match(stdout, /web +victim +observe +restarted within/);
    assert.deepEqual(await readdir(folder.path), ["my.scenario.ts"]);
  });

  it("undoes and writes what there is when it is interrupted, and exits 130", async () => {
    await using folder = await folderWith({});
    const bin = join(import.meta.dirname, "../../bin/rebound.js");
    const running = execa(process.execPath, [bin, "run", "basics"], {
      cwd: folder.path,
      reject: false,
      env: { NODE_OPTIONS: "" },
    });
    // As a terminal and npm do it: twice, at once.
    running.stderr.on("data", (chunk: Buffer) => {
      if (String(chunk).includes("vm-crash: observe")) for (let twice = 0; twice < 2; twice++) running.kill("SIGINT");
    });
    const { exitCode, stderr } = await running;
    assert.equal(exitCode, 130, stderr);
    assert.match(stderr, /^rebound: interrupted: undoing what was done/m);
    const { experiments, summary } = await resultsIn(folder.path);
    assert.ok(summary.invalid > 0);
    const last = experiments.at(-1)!.variants[0]!.judgements[0]!;
    assert.deepEqual(
      { verdict: last.verdict, reasons: last.reasons },
      { verdict: "invalid", reasons: ["interrupted"] },
    );
    const [journal = ""] = await readdir(join(folder.path, "reports/latest/journals"));
    const lines = (await readFile(join(folder.path, "reports/latest/journals", journal), "utf8")).trim().split("\n");
    assert.match(lines.at(-1)!, /"kind":"end","status":"interrupted"/);
  });
});

describe("rebound run --vm", () => {
  const machine = `
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: { name: mine, namespace: production }
spec:
  runStrategy: Always
  template:
    spec:
      domain:
        devices: { disks: [{ name: data, disk: { bus: virtio } }] }
        resources: { requests: { memory: 64Mi } }
      volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
`;

  it("breaks the user's own VM in place of the scenario's, and says what it takes for granted", async () => {
    await using folder = await folderWith({ "vm.yaml": machine });
    const args = ["run", "basics", "--vm", "vm.yaml", "--fault", "vm-crash"];
    const { exitCode, stdout, stderr } = await rebound(args, { cwd: folder.path });
    assert.equal(exitCode, 0, stderr + stdout);
    assert.match(stderr, /^rebound: mine: the volume claim data is not in the file/m);
    const { experiments, options } = await resultsIn(folder.path);
    assert.deepEqual(
      experiments.flatMap(({ variants }) => variants.map(({ name }) => name)),
      ["mine"],
    );
    assert.deepEqual(options, ["--vm", "vm.yaml"], "what it takes to run it again");
  });
});

describe("rebound report", () => {
  it("judges what a run left that was killed: nothing is green that was not seen to its end", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    await rebound(["run", "my.scenario.ts"], { cwd: folder.path });
    const journal = join(folder.path, "reports/latest/journals/crash.jsonl");
    const text = await readFile(journal, "utf8");
    await writeFile(journal, text.slice(0, text.indexOf('"kind":"bite"') + 2000));
    await rm(join(folder.path, "reports/latest/results.json"));
    const { exitCode, stdout, stderr } = await rebound(["report", "reports/latest"], { cwd: folder.path });
    assert.equal(exitCode, 3);
    assert.match(stderr, /^rebound: line \d+ of .*crash\.jsonl is cut off/m);
    assert.match(stdout, /The journal ends in mid-run/i);
    assert.match(stdout, /^2 invalid/m);
  });

  it("says of a run's journals what the run said, byte for byte", async () => {
    await using folder = await folderWith({ "my.scenario.ts": scenario() });
    const { stdout: said } = await rebound(["run", "my.scenario.ts", "--json"], { cwd: folder.path });
    const again = await rebound(["report", "reports/latest", "--out", "again", "--json"], { cwd: folder.path });
    assert.equal(again.stdout, said);
    assert.equal(again.exitCode, 0);
    assert.ok((await readdir(join(folder.path, "again/latest"))).includes("index.html"));
  });

  it("judges a recording of a real cluster, which expects nothing and so fails nothing", async () => {
    await using folder = await folderWith({});
    const recording = join(import.meta.dirname, "../recordings/vm-crash.jsonl.gz");
    const { exitCode, stdout } = await rebound(["report", recording], { cwd: folder.path });
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^always +restarted on the same node +27\.\d s ±\d\.\d +\d+\.\d{3} s to \d+\.\d{3} s +answer +detect/m,
    );
    assert.match(stdout, /^once +stopped \(Failed\)/m);
  });

  it("judges one window of a journal alone", async () => {
    await using folder = await folderWith({});
    const recording = join(import.meta.dirname, "../recordings/vm-crash.jsonl.gz");
    const { stdout } = await rebound(["report", recording, "--from", "140", "--until", "160"], { cwd: folder.path });
    assert.match(stdout, /window from 140\.000 s to 160\.000 s/);
    assert.match(stdout, /^always +undisturbed/m);
  });
});
