import assert from "node:assert/strict";
import { platformTable } from "../../src/experiment/expectations/table.ts";
import { verdictColour, type Judgement } from "../../src/report/results.ts";
import { Mutant } from "./mutant.ts";
import { mutations } from "./mutations.ts";

/** Red, or a time that the settings do not allow, or what else is stated to make the run invalid. */
function isNoticed({ verdict, reasons }: Judgement, invalid = "that the settings allow"): boolean {
  return verdictColour[verdict] === "red" || reasons.some((reason) => reason.includes(invalid));
}

/**
 * A run must notice when the model, or what is expected of it, is wrong. Each case turns one thing wrong in a copy of
 * the project and runs the basics on it. These survive, each for a reason:
 *
 * - `nodeMonitorPeriodSeconds`, `nodeLeaseRenewSeconds`, `nodeEvictionRate`, `watchdogPollSeconds`: doubled, they move
 *   a recovery by less than the allowance of a start, within the latencies a real cluster has.
 * - `probeStartupDelaySeconds`: the steady state waits until probes are asked, so that no measured time holds it.
 * - `acpiResendSeconds`, `finalNotifySeconds`, `launcherGraceExtraSeconds`: a guest that obeys does so at the first
 *   signal, and one that does not is destroyed by virt-handler before the launcher's own deadlines.
 * - A VMI left Running on a node that came back: its virt-handler and virt-controller each end it alone.
 */
describe("a run notices", function () {
  this.timeout(60_000);
  let mutant: Mutant;

  before(() => {
    mutant = new Mutant();
  });

  it("nothing where nothing is wrong", async () => {
    const { exitCode } = await mutant.run({ ...mutations[0]!, replace: mutations[0]!.find, grep: "." });
    assert.equal(exitCode, 0);
  });

  for (const mutation of mutations) {
    it(`that ${mutation.what}`, async () => {
      const { exitCode, results } = await mutant.run(mutation);
      const judgements = results.experiments.flatMap(({ variants }) =>
        variants.flatMap((variant) => variant.judgements),
      );
      assert.ok(
        judgements.some((judgement) => isNoticed(judgement, mutation.reason)),
        `it survived: ${judgements.map(({ verdict }) => verdict).join(", ")}`,
      );
      assert.notEqual(exitCode, 0);
    });
  }
});

describe("a run notices a wrong expectation:", function () {
  this.timeout(60_000);
  const other = {
    restarted: "stopped",
    stopped: "restarted",
    stuck: "restarted",
    resumed: "stuck",
    undisturbed: "restarted",
  };
  let mutant: Mutant;

  before(() => {
    mutant = new Mutant();
  });

  const named = {
    Always: "always",
    RerunOnFailure: "rerun",
    Manual: "manual",
    Once: "once",
    bare: "bare",
    replicaSet: "rs",
  };
  const experiments: Record<string, string> = {
    "qemu killed": "vm-crash",
    "memory limit hit": "oom-kill",
    "liveness failed, the guest obeys": "liveness-port-closed",
    "liveness failed, the guest is hung": "liveness-guest-hung",
    "readiness failed": "readiness-port-closed",
    "readiness passes again": "readiness-port-closed",
    "node lost, its pods marked": "node-power-loss",
    "node back after its pods were marked": "node-power-loss",
  };

  for (const [id, experiment] of Object.entries(experiments)) {
    const row = platformTable.find((each) => each.id === id);
    it(`every cell of "${id}"`, async () => {
      assert.ok(row !== undefined);
      const wrong = Object.entries(row.outcomes).map(([way, outcome]) => [way, other[outcome as keyof typeof other]]);
      const { results } = await mutant.run({
        what: id,
        file: "src/experiment/expectations/expect.ts",
        find: "return ruling(row.outcomes[way]!,",
        replace: `const wrong = ${JSON.stringify(Object.fromEntries(wrong))} as unknown as typeof row.outcomes;
  return ruling(row.id === ${JSON.stringify(id)} ? wrong[way]! : row.outcomes[way]!,`,
        grep: `^${experiment}/`,
      });
      const judged = results.experiments[0]!.variants;
      for (const [way, name] of Object.entries(named)) {
        const judgement = judged
          .find((variant) => variant.name === name)
          ?.judgements.find(({ phase }) => phase === row.phase);
        assert.ok(["unexpected", "not-recovered"].includes(judgement?.verdict ?? ""), `${way}: ${judgement?.verdict}`);
      }
    });
  }
});
