import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UsageError } from "../../src/errors.ts";
import { readJournal } from "../../src/observe/journal-reader.ts";

const line = (at: number) => JSON.stringify({ at, wall: "2026-01-01T00:00:00Z", kind: "action", name: "apply" });

describe("reading a journal", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "journal-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(name: string, content: string | Buffer): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  }

  it("gives every line of a whole one, plain or gzipped", async () => {
    const text = `${line(1)}\n${line(2)}\n`;
    for (const path of [await write("plain.jsonl", text), await write("packed.jsonl.gz", gzipSync(text))]) {
      const { lines, cutOff } = await readJournal(path);
      assert.deepEqual([lines.map(({ at }) => at), cutOff], [[1, 2], null]);
    }
  });

  it("leaves out a last line that was cut off, and says so", async () => {
    const path = await write("cut.jsonl", `${line(1)}\n${line(2).slice(0, 20)}`);
    const { lines, cutOff } = await readJournal(path);
    assert.equal(lines.length, 1);
    assert.match(cutOff ?? "", /^line 2 of .*cut\.jsonl is cut off/);
  });

  it("reads what there is of a gzipped one that ends in mid-stream", async () => {
    const text = Array.from({ length: 5000 }, (_, at) =>
      `${line(at)}${Math.sin(at)}`.replace(/}.*$/, `,"n":${Math.sin(at)}}`),
    ).join("\n");
    const packed = gzipSync(text);
    const { lines, cutOff } = await readJournal(await write("half.jsonl.gz", packed.subarray(0, packed.length / 2)));
    assert.ok(lines.length > 100 && lines.length < 5000, `${lines.length} lines`);
    assert.ok(cutOff !== null);
  });

  it("names file and line of a malformed line within", async () => {
    const path = await write("bad.jsonl", `${line(1)}\n{"at": 2,\n${line(3)}\n`);
    await assert.rejects(readJournal(path), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(error.message.startsWith(`${path}:2: not a journal line`), error.message);
      return true;
    });
  });

  it("refuses what is no journal: JSON of another kind, nothing at all, no such file, no gzip", async () => {
    const others = [
      await write("other.jsonl", '{"hello": "world"}\n{"hello": "world"}\n'),
      await write("empty.jsonl", ""),
      join(folder, "none.jsonl"),
      await write("not.jsonl.gz", "plain text"),
    ];
    for (const path of others) {
      await assert.rejects(
        readJournal(path),
        (error: Error) => error instanceof UsageError && error.message.includes(path),
      );
    }
  });
});
