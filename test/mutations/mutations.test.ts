import assert from "node:assert/strict";
import { verdictColour, type Judgement } from "../../src/report/results.ts";
import { Mutant } from "./mutant.ts";
import { mutations } from "./mutations.ts";

/** Red, or a time that the settings do not allow, or what else is stated to make the run invalid. */
function isNoticed({ verdict, reasons }: Judgement, invalid = "that the settings allow"): boolean {
  return verdictColour[verdict] === "red" || reasons.some((reason) => reason.includes(invalid));
}

/**
 * A run must notice when the model, or what is expected of it, is wrong. Each case turns one thing wrong in a copy of
 * the project and runs the experiments that must see it. These survive, each for a reason:
 *
 * - `nodeMonitorPeriodSeconds`, `nodeLeaseRenewSeconds`, `nodeEvictionRate`, `watchdogPollSeconds`: doubled, they move
 *   a recovery by less than the allowance of a start, within the latencies a real cluster has.
 * - `probeStartupDelaySeconds`: the steady state waits until probes are asked, so that no measured time holds it.
 * - `acpiResendSeconds`, `finalNotifySeconds`, `launcherGraceExtraSeconds`: a guest that obeys does so at the first
 *   signal, and one that does not is destroyed by virt-handler before the launcher's own deadlines.
 * - `unschedulableTargetSeconds`, `pendingTargetSeconds`, `evacuationBackoffSeconds`, `qemuTimeoutSeconds`: a migration
 *   that is given up later, or tried again later, leaves the VM where it was all the same.
 * - `migrationProgressTimeoutSeconds`, `migrationCompletionSecondsPerGiB`, `launcherInitSeconds`,
 *   `migrationKeepaliveSeconds`: no experiment has a copy that stalls, or a launcher that never begins; what a migration
 *   with a dead end comes to, it comes to by an earlier limit.
 * - `heartbeatSeconds`, `heartbeatTimeoutSeconds`, `heartbeatRecheckSeconds`: on a node that is lost, pods are tainted away
 *   or removed before their VMIs are given up by the heartbeat; a later beat changes nothing of that.
 * - `startBackoffCapSeconds`: six failed starts and more, which would take an experiment of half an hour.
 * - `finishedMigrationsKept`, `cpuAllocationRatio`, secondary eviction rates: nothing recovers by them at this size.
 * - A drain that asks once and never again: the first refusal triggers the evacuation, and that moves the VM.
 * - The node-health-check remedy does nothing itself: it leaves the node to an operator that the model does not have.
 * - A VMI left Running on a node that came back: its virt-handler and virt-controller each end it alone.
 */
describe("a run notices", function () {
  this.timeout(240_000);
  let mutant: Mutant;

  before(() => {
    mutant = new Mutant();
  });

  it("nothing where nothing is wrong", async () => {
    const { exitCode } = await mutant.run({ ...mutations[0]!, replace: mutations[0]!.find, grep: "^vm-crash/" });
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
        `it survived: ${judgements.map(({ verdict, reasons }) => [verdict, ...reasons].join(": ")).join("; ")}`,
      );
      assert.notEqual(exitCode, 0);
    });
  }
});
