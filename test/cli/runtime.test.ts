import assert from "node:assert/strict";
import { rebound } from "./rebound.ts";

/** Makes Node believe that it is another version, as the host's own may be. */
function pretendToBe(version: string): string[] {
  const code = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}

describe("bin/rebound.js", () => {
  it("hands over to the Node that is installed beside it if it is started by an old one", async () => {
    const { exitCode, stdout, stderr } = await rebound(["--version"], { nodeArgs: pretendToBe("20.20.2") });
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
    assert.match(stdout, /^\d+\.\d+\.\d+$/);
  });

  it("hands the exit code on", async () => {
    const { exitCode, stderr } = await rebound(["runn"], { nodeArgs: pretendToBe("20.20.2") });
    assert.equal(exitCode, 2);
    assert.match(stderr, /there is no command "runn"/);
  });

  it("gives up on an old Node that was itself handed over to", async () => {
    process.env["REBOUND_RUNTIME"] = "/somewhere/node";
    try {
      const { exitCode, stderr } = await rebound(["--version"], { nodeArgs: pretendToBe("20.20.2") });
      assert.equal(exitCode, 3);
      assert.match(stderr, /needs Node 24\.0 or newer, and this is 20\.20\.2/);
    } finally {
      delete process.env["REBOUND_RUNTIME"];
    }
  });
});
