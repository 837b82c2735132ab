import assert from "node:assert/strict";
import { rebound } from "./rebound.ts";

describe("the command line", () => {
  const mistakes: { args: string[]; says: RegExp }[] = [
    { args: [], says: /say what to do, as in `rebound run basics`/ },
    { args: ["runn"], says: /there is no command "runn"; did you mean "run"\?/ },
    { args: ["run", "--sed", "3"], says: /unknown argument: sed/ },
    { args: ["run", "--seed"], says: /not enough arguments following: seed/ },
    { args: ["run", "--seed", "abc"], says: /--seed must be a whole number of at least 0, not "abc"/ },
    { args: ["run", "--seed", "1", "--seed", "2"], says: /--seed is given more than once/ },
    { args: ["run", "--repeat", "0"], says: /--repeat must be a whole number of at least 1, not "0"/ },
    { args: ["run", "--nodes", "1e3"], says: /--nodes must be a whole number of at least 1, not "1e3"/ },
    { args: ["run", "--cluster", "kind"], says: /--cluster kind is not built yet.*simulated/ },
    { args: ["run", "--cluster", "cloud"], says: /--cluster cloud.*simulated/ },
    {
      args: ["run", "--fault", "sabotage"],
      says: /no experiment has the fault "sabotage"; there are node-shutdown, oom-kill, probe-failure, vm-crash/,
    },
    { args: ["run", "--grep", "("], says: /--grep.*pattern/ },
    { args: ["run", "--grep", "no-such-variant"], says: /no variant matches --grep no-such-variant/ },
    { args: ["run", "no-such-scenario"], says: /there is no scenario "no-such-scenario".*basics/ },
    { args: ["run", "--vm", "no-such-file.yaml"], says: /no-such-file\.yaml/ },
    { args: ["report"], says: /say which journals to judge/ },
    { args: ["report", "no-such-folder"], says: /no-such-folder/ },
    { args: ["report", "x.jsonl", "--from", "soon"], says: /--from must be a number of seconds, not "soon"/ },
    { args: ["list", "nodes"], says: /"nodes".*"scenarios", "faults"/ },
  ];
  for (const { args, says } of mistakes) {
    it(`refuses \`${["rebound", ...args].join(" ")}\` in one line and with exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await rebound(args);
      assert.match(stderr, says);
      assert.match(stderr, /^rebound: [^\n]+$/, "one line, no stack");
      assert.equal(stdout, "");
      assert.equal(exitCode, 2);
    });
  }

  it("prints its help, and its exit codes with it", async () => {
    const { exitCode, stdout } = await rebound(["--help"]);
    assert.match(stdout, /rebound run \[scenarios\.\.\]/);
    assert.match(stdout, /Exit codes: 0 all green/);
    assert.equal(exitCode, 0);
  });

  it("lists every scenario and every fault", async () => {
    const { exitCode, stdout } = await rebound(["list", "--json"]);
    const { scenarios, faults } = JSON.parse(stdout) as { scenarios: { name: string }[]; faults: { name: string }[] };
    assert.ok(scenarios.some(({ name }) => name === "basics"));
    assert.deepEqual(
      [...new Set(faults.map(({ name }) => name))],
      ["vm-crash", "node-shutdown", "oom-kill", "probe-failure"],
    );
    assert.equal(exitCode, 0);
  });

  it("shows where an error came from if asked", async () => {
    process.env["REBOUND_DEBUG"] = "1";
    try {
      const { stderr } = await rebound(["runn"]);
      assert.match(stderr, /UsageError: there is no command[^]*at .*main\.ts/);
    } finally {
      delete process.env["REBOUND_DEBUG"];
    }
  });
});
