import assert from "node:assert/strict";
import { missingPrograms } from "../../../src/cluster/hands/shell-hands.ts";
import type { NodeShell } from "../../../src/cluster/node-shell.ts";

/** A node that lacks those programs. */
function lacking(...programs: string[]): NodeShell {
  return {
    sharesClock: false,
    run: async (_node, _script, asked = []) => {
      const stdout = programs.filter((program) => asked.includes(program)).join("\n");
      return { exitCode: 0, stdout, stderr: "", fromMs: 0, toMs: 0 };
    },
  };
}

describe("what a node lacks for its hands", () => {
  it("is named for what takes it, and for nothing else", async () => {
    const why = await missingPrograms(lacking("systemd-run"), "w1");
    assert.equal(why("component"), "node w1 has no systemd-run");
    assert.equal(why("kubelet"), null);
  });

  it("without flock is all that goes by the shell, but not its power", async () => {
    const why = await missingPrograms(lacking("flock"), "w1");
    for (const capability of ["kill-qemu", "kubelet", "node-network", "guest-power"] as const) {
      assert.equal(why(capability), "node w1 has no flock", capability);
    }
    for (const capability of ["node-power", "node-shutdown", "node-freeze"] as const)
      assert.equal(why(capability), null);
  });
});
