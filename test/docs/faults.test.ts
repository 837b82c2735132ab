import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { podHands } from "../../src/cluster/existing/pod-hands.ts";
import { limitedHands } from "../../src/cluster/existing/limited-hands.ts";
import { nodePowerBy } from "../../src/cluster/existing/power-commands.ts";
import type { Capability } from "../../src/cluster/cluster.ts";
import { faults } from "../../src/faults/catalogue.ts";

const text = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");

/** The rows of a table, by the word in their first cell; each as its cells. */
function tableBelow(heading: string): Map<string, string[]> {
  const section = text.slice(text.indexOf(heading)).split(/\n## /)[0]!;
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([first = "", ...cells]) => [first.replaceAll("`", ""), cells]));
}

const inCode = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
const sorted = (words: Iterable<string>) => [...new Set(words)].toSorted();

describe("the table of faults", () => {
  const rows = tableBelow("## What each breaks");

  it("has each fault of the catalogue once, and no other", () => {
    assert.deepEqual(sorted(rows.keys()), sorted(faults.map(({ name }) => name)));
  });

  for (const [name, [parameters, , needs]] of rows) {
    const kinds = faults.filter((fault) => fault.name === name);
    it(`says what ${name} takes and needs`, () => {
      assert.deepEqual(sorted(inCode(needs)), sorted(kinds.flatMap((fault) => fault.needs)));
      for (const kind of kinds) {
        for (const parameter of Object.keys(kind.parameters)) assert.ok(inCode(parameters).includes(parameter));
      }
    });
  }
});

describe("the table of hands", () => {
  const rows = tableBelow("## By which hands");
  const needed = sorted(faults.flatMap((fault) => fault.needs)) as Capability[];

  it("has each that a fault of the catalogue needs, and no other", () => {
    assert.deepEqual(sorted(rows.keys()), needed);
  });

  it("says of each whether an existing cluster has it, and by what", () => {
    const shell = limitedHands(podHands({ shell: {} } as never, 0, false), () => "no");
    const power = limitedHands(nodePowerBy({} as never, {} as never, {} as never), () => "no");
    for (const capability of needed) {
      const by = [
        ...(shell.unsupported(capability) === null ? ["`nodeShell`"] : []),
        ...(power.unsupported(capability) === null ? ["`nodePower`"] : []),
      ];
      assert.equal(rows.get(capability)?.at(-1), by[0] ?? "no", capability);
    }
  });
});
