import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { showProgress } from "../../src/cli/progress.ts";

function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 24 });
  return { stream: stream as unknown as WriteStream, text: () => String(stream.read() ?? "") };
}

const experiments = ["vm-crash", "oom-kill"];

describe("progress", () => {
  it("is one line per stage where there is no terminal", () => {
    const { stream, text } = terminal(false);
    using view = showProgress({ experiments, virtual: true }, stream);
    const onProgress = view.follow("vm-crash", () => 0);
    onProgress({ experiment: "vm-crash", stage: "deploy", atMs: 0, untilMs: null });
    onProgress({ experiment: "vm-crash", stage: "observe", atMs: 62_000, untilMs: 122_000 });
    assert.equal(
      text(),
      "vm-crash: deploy (at 0 ms virtual)\nvm-crash: observe, 1 min 00 s left at most (at 1 min 02 s virtual)\n",
    );
  });

  it("shows every experiment, the stage and both times on a terminal", () => {
    const { stream, text } = terminal(true);
    using view = showProgress({ experiments, virtual: true }, stream);
    const onProgress = view.follow("vm-crash", () => 90_000);
    onProgress({ experiment: "vm-crash", stage: "observe", atMs: 62_000, untilMs: 122_000 });
    const shown = stripVTControlCharacters(text());
    assert.match(shown, /▸ vm-crash {2}observe, 32\.0 s left at most {2}1 min 30 s virtual, \d+ ms real/);
    assert.match(shown, /^ {2}oom-kill$/m);
  });

  it("says nothing of virtual time on a real cluster", () => {
    const { stream, text } = terminal(true);
    using view = showProgress({ experiments, virtual: false }, stream);
    view.follow("vm-crash", () => 1)({ experiment: "vm-crash", stage: "done", atMs: 1, untilMs: null });
    const shown = stripVTControlCharacters(text());
    assert.match(shown, /■ vm-crash {2}\d+ ms real/);
    assert.doesNotMatch(shown, /virtual/);
  });
});
