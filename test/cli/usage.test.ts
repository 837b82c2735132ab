import assert from "node:assert/strict";
import { rebound } from "./rebound.ts";

describe("the command line", () => {
  const mistakes: { args: string[]; says: RegExp }[] = [
    { args: [], says: /say what to do, as in `rebound run basics`/ },
    { args: ["runn"], says: /there is no command "runn"; did you mean "run"\?/ },
    { args: ["run", "--sed", "3"], says: /unknown argument: sed/ },
    { args: ["run", "--seed"], says: /not enough arguments following: seed/ },
    { args: ["run", "--seed", "abc"], says: /--seed must be a whole number from 0 to 999999999, not "abc"/ },
    { args: ["run", "--seed", "1", "--seed", "2"], says: /--seed is given more than once/ },
    { args: ["run", "--repeat", "0"], says: /--repeat must be a whole number from 1 to 999999999, not "0"/ },
    { args: ["run", "--nodes", "1e3"], says: /--nodes must be a whole number from 1 to 5000, not "1e3"/ },
    { args: ["run", "--cluster", "cloud"], says: /--cluster must be simulated, kind or existing, not "cloud"/ },
    { args: ["run", "--cluster", "existing"], says: /--cluster existing needs --context/ },
    { args: ["run", "--context", "staging"], says: /--context is for --cluster existing/ },
    { args: ["run", "--cluster", "kind", "--yes", "kind-rebound"], says: /--yes is for --cluster existing/ },
    {
      args: ["run", "--fault", "sabotage"],
      says: /no experiment has the fault "sabotage"; there are .*node-shutdown, oom-kill, .*vm-crash/,
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

  it("lists every scenario, fault, remedy and practice", async () => {
    const { exitCode, stdout } = await rebound(["list", "--json"]);
    const listed = JSON.parse(stdout) as Record<string, { name?: string; id?: string }[]>;
    const has = (kind: string, name: string) => listed[kind]!.some((each) => each.name === name || each.id === name);
    assert.ok(has("scenarios", "basics"));
    assert.ok(has("faults", "drain"));
    assert.ok(has("remedies", "out-of-service-taint"));
    assert.ok(has("practices", "node-overload"));
    assert.equal(exitCode, 0);
  });

  it("lists the scenarios that test each practice, and every practice has some", async () => {
    const { stdout } = await rebound(["list", "practices", "--json"]);
    const { practices } = JSON.parse(stdout) as { practices: { id: string; promise: string; scenarios: string[] }[] };
    for (const { id, promise, scenarios } of practices) assert.ok(promise !== "" && scenarios.length > 0, id);
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
