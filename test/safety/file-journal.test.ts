import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { namespaces } from "../../src/kube/resources.ts";
import { FileJournal, findJournals, type Beginning } from "../../src/safety/file-journal.ts";
import type { UndoStep } from "../../src/safety/undo-step.ts";

const begun: Beginning = { run: "r1", at: "2025-11-25T20:00:00Z", cluster: { provider: "kind", name: "a" } };
const step = (name: string): UndoStep => ({ do: "delete", resource: namespaces, name });

describe("an undo journal on the disk", () => {
  let home: string;
  const before = process.env["XDG_STATE_HOME"];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "rebound-state-"));
    process.env["XDG_STATE_HOME"] = home;
  });

  afterEach(() => {
    if (before === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = before;
    rmSync(home, { recursive: true });
  });

  const file = () => join(home, "rebound/undo/kind-a.jsonl");
  const left = () => findJournals().map(({ outstanding }) => outstanding.map(({ step }) => step));

  /** A process that takes the cluster, does as it is told and dies without a word. */
  const die = (what: string) =>
    execa(process.execPath, ["--input-type=module", "-e", `${what}; process.kill(process.pid, "SIGKILL")`], {
      reject: false,
      env: { XDG_STATE_HOME: home },
      cwd: import.meta.dirname,
    });
  const script = (steps: string) => `
    import { FileJournal } from "../../src/safety/file-journal.ts";
    const journal = FileJournal.begin("kind-a", ${JSON.stringify(begun)});
    ${steps}`;

  it("is gone after a run that undid everything", async () => {
    const journal = FileJournal.begin("kind-a", begun);
    await journal.register({ id: 1, step: step("x") });
    assert.deepEqual(left(), [[step("x")]]);
    await journal.markDone(1);
    journal.release();
    assert.deepEqual(findJournals(), []);
  });

  it("can be read by its owner alone: it names what may be broken", async () => {
    await FileJournal.begin("kind-a", begun).register({ id: 1, step: step("x") });
    assert.equal(statSync(file()).mode & 0o777, 0o600);
  });

  it("keeps another run away for as long as the first lives, and no longer", async () => {
    const journal = FileJournal.begin("kind-a", begun);
    assert.throws(() => FileJournal.begin("kind-a", begun), {
      name: "EnvironmentError",
      message: new RegExp(`process ${process.pid} is at work on this cluster`),
    });
    FileJournal.begin("kind-b", begun).release();
    journal.release();
    FileJournal.begin("kind-a", begun).release();
  });

  it("lets nobody begin on a cluster that an earlier run left broken", async () => {
    await die(script(`await journal.register({ id: 1, step: ${JSON.stringify(step("x"))} })`));
    assert.throws(() => FileJournal.begin("kind-a", begun), /`rebound undo` puts it back/);
    const [found] = findJournals();
    assert.equal(found?.owner, null);
    const adopted = FileJournal.adopt(found);
    assert.equal(adopted.run, "r1");
    await adopted.markDone(adopted.outstanding[0]!.id);
    adopted.release();
    FileJournal.begin("kind-a", begun).release();
  });

  it("is taken over where its run died with nothing to undo", async () => {
    await die(
      script(`await journal.register({ id: 1, step: ${JSON.stringify(step("x"))} }); await journal.markDone(1)`),
    );
    const journal = FileJournal.begin("kind-a", { ...begun, run: "r2" });
    await journal.register({ id: 1, step: step("y") });
    assert.deepEqual(left(), [[step("y")]], "which counts from one again");
    assert.equal(findJournals()[0]?.beginning?.run, "r2");
  });

  it("tells a process from a later one of the same number", () => {
    FileJournal.begin("kind-a", begun);
    const text = readFileSync(file(), "utf8");
    rmSync(file());
    appendFileSync(file(), text.replaceAll(/"began":"[^"]*"/g, '"began":"another boot 17"'));
    FileJournal.begin("kind-a", begun).release();
  });

  it("holds every step that was registered, wherever its last line was cut off", async () => {
    const journal = FileJournal.begin("kind-a", begun);
    const sizes: number[] = [];
    for (let id = 1; id <= 5; id++) {
      await journal.register({ id, step: step(`n${id}`) });
      sizes.push(statSync(file()).size);
    }
    const whole = readFileSync(file());
    fc.assert(
      fc.property(fc.integer({ min: sizes[0]!, max: whole.length }), (length) => {
        rmSync(file());
        appendFileSync(file(), whole);
        truncateSync(file(), length);
        // The line's end may be missing, and the next line begins a new one.
        const registered = sizes.filter((size) => size - 1 <= length).length;
        assert.equal(left()[0]!.length, registered);
        appendFileSync(file(), `\n${JSON.stringify({ done: 1 })}\n`);
        assert.equal(left()[0]!.length, registered - 1);
      }),
    );
  });

  it("is not guessed at where a line of it is whole and means nothing", () => {
    FileJournal.begin("kind-a", begun);
    appendFileSync(file(), '\n{"register":1,"step":{"do":"something new"}}\n');
    assert.throws(() => findJournals(), /a line that this version of Rebound does not know/);
  });
});
