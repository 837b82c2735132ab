import assert from "node:assert/strict";
import { faults } from "../../src/faults/catalogue.ts";
import { chooseFault } from "../../src/faults/choose-fault.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { prepareInjection } from "../../src/experiment/prepare-injection.ts";
import { folderWith, rebound } from "./rebound.ts";

describe("rebound inject", function () {
  this.timeout(60_000);

  it("breaks a VM, shows the proof, what became of it and that all is back", async () => {
    await using folder = await folderWith();
    const { exitCode, stdout, stderr } = await rebound(
      ["inject", "node-shutdown", "--with", "how=power-loss", "--for", "7min"],
      {
        cwd: folder.path,
      },
    );
    assert.equal(exitCode, 0);
    const told = stdout.split("\n").map((line) => line.replace(/^ *[\d.]+ s {2}/, ""));
    const order = [
      /^injecting into worker\d?$/,
      /^vm is hit: worker\d? has no power/,
      /^injected: 1 of 1 hit$/,
      /^the guest of vm does not answer$/,
      /^taking it back$/,
      /^taken back$/,
      /^all is as it was before$/,
    ];
    let from = 0;
    for (const wanted of order) {
      from = told.findIndex((text, index) => index >= from && wanted.test(text));
      assert.ok(from >= 0, `${String(wanted)} in ${stdout}`);
    }
    const [, file = ""] = /the journal is (\S+)/.exec(stderr) ?? [];
    const judged = await rebound(["report", file], { cwd: folder.path });
    assert.equal(judged.exitCode, 0, judged.stderr);
  });

  it("can do every fault of the catalogue to its default VM", async () => {
    await using cluster = await simulatedCluster({ seed: 1, nodes: 3 });
    for (const { name, parameters } of faults) {
      const words = Object.entries(parameters).map(([key, value]) => `${key}=${String(value)}`);
      const fault = chooseFault(name, words);
      const { plan } = await prepareInjection({ fault, target: null, vmFiles: [], heldMs: 1000, seed: 1 }, cluster);
      assert.deepEqual([plan.skip, plan.variants.map(({ skip }) => skip)], [null, [null]], name);
    }
  });

  it("ends in an environment error where nothing proves that the fault took effect", async () => {
    await using folder = await folderWith();
    // Of two migrations at once, KubeVirt refuses the second; here there is no other node to go to, and no refusal.
    const { exitCode, stdout } = await rebound(["inject", "migration-crash", "--with", "of=target", "--nodes", "1"], {
      cwd: folder.path,
    });
    assert.equal(exitCode, 3, stdout);
    assert.match(stdout, /injected: 0 of 1 hit/);
    assert.match(stdout, /vm was not hit/);
  });

  for (const [what, args, complaint] of [
    ["a fault that there is none of", ["meteor"], /there is no fault "meteor"; there are api-cut, /],
    [
      "one of several kinds",
      ["node-shutdown"],
      /several kinds; say which: --with how=power-loss, or --with how=orderly/,
    ],
    ["a kind that there is none of", ["vm-crash", "--with", "how=hard"], /vm-crash has no kind with how=hard/],
    ["no length of time", ["vm-crash", "--for", "ever"], /--for must be a length of time, as in 30min, not "ever"/],
    ["VMs that cannot run yet", ["vm-crash", "--target", "a/b"], /no VMs run on a simulated cluster yet/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { exitCode, stderr } = await rebound(["inject", ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, complaint);
    });
  }
});
