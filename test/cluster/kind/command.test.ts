import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { realClock } from "../../../src/clock/real-clock.ts";
import { runCommand, type CommandError, type CommandOptions } from "../../../src/cluster/kind/command.ts";

describe("a command", () => {
  const clock = realClock();
  const sh = (script: string, options: Partial<CommandOptions> = {}) =>
    runCommand("sh", ["-c", script], { clock, limitMs: 10_000, ...options });

  it("gives what it printed, and each line of its standard error as it is printed", async () => {
    const lines: string[] = [];
    const printed = await sh("read word; echo one >&2; echo two >&2; echo $word", {
      input: "hello\n",
      onLine: (line) => lines.push(line),
    });
    assert.equal(printed, "hello");
    assert.deepEqual(lines, ["one", "two"]);
  });

  it("fails with what it said last", async () => {
    await assert.rejects(sh("echo why >&2; exit 7"), (error: CommandError) => {
      assert.equal(error.message, "`sh -c echo why >&2; exit 7` failed (exit code 7): why");
      assert.equal(error.stderr, "why");
      return true;
    });
  });

  it("that is not installed is told from one that fails", async () => {
    await assert.rejects(runCommand("no-such-tool", [], { clock, limitMs: 1000 }), {
      missing: true,
      message: "there is no `no-such-tool` on the PATH",
    });
  });

  it("is ended with all that it began, also what holds its output open and hears no signal", async () => {
    const begun = clock.now();
    const script = `sh -c 'trap "" TERM; echo $$ >&2; while :; do sleep 0.1; done' & wait`;
    let pid = 0;
    await assert.rejects(sh(script, { limitMs: 300, onLine: (line) => (pid = Number(line)) }), /waited 0\.3 s for `sh/);
    assert.ok(clock.now() - begun < 9000, `${clock.now() - begun} ms`);
    assert.ok(pid > 0);
    // Gone, or dead and not yet waited for by who inherited it.
    assert.equal(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""), "");
  });

  it("is ended when it is called off, with the reason of that", async () => {
    const control = new AbortController();
    setTimeout(() => control.abort(new Error("enough")), 100);
    await assert.rejects(sh("sleep 100", { signal: control.signal }), /^Error: enough$/);
  });
});
