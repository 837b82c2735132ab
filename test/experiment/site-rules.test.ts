import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { readSiteRules } from "../../src/experiment/expectations/site-rules.ts";
import { experiment } from "../../src/experiment/experiment.ts";
import { planExperiment } from "../../src/experiment/plan-experiment.ts";
import { vmCrash } from "../../src/faults/vm-crash.ts";
import { everyStrategy } from "../../src/workload/variant.ts";

describe("a site's own expectations", () => {
  const folder = mkdtempSync(join(tmpdir(), "rebound-site-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = (text: string) => {
    const file = join(folder, "site.yaml");
    writeFileSync(file, text);
    return readSiteRules(file);
  };

  const plan = (text: string, expect = {}) => {
    const settings = { nodeMonitorGracePeriodSeconds: 50, unreachableTolerationSeconds: 300, evictionStrategy: "None" };
    const description = { provider: "simulated", acceleration: "simulated", cgroup: "v2", settings, operators: [] };
    const cluster = { description, actuators: { unsupported: () => null } } as unknown as Cluster;
    const declared = experiment({ id: "it", title: "it", fault: vmCrash(), variants: everyStrategy(), expect });
    const planned = planExperiment(declared, cluster, { scenario: "it", seed: 1, repeat: 1, site: read(text) });
    return (name: string) => planned.variants.find((variant) => variant.name === name)!.expectations["observe"]!;
  };

  const rule = `
- fault: vm-crash
  ways: [Manual, Once]
  outcome: restarted
  within: 90s
  source: our operator starts them again
`;

  it("go before what is documented, for those that they name, and say why", () => {
    const expected = plan(rule);
    assert.equal(expected("manual").outcome, "restarted");
    assert.equal(expected("manual").withinMs, 90_000);
    assert.match(expected("once").source, /our operator/);
    assert.equal(expected("bare").outcome, "stopped");
    assert.equal(expected("always").outcome, "restarted");
    assert.doesNotMatch(expected("always").source, /site/);
  });

  it("do not speak of those that stand by", () => {
    assert.equal(plan("- { fault: vm-crash, outcome: stuck, source: it is so }")("halted").outcome, "stopped");
  });

  it("go behind what a scenario states", () => {
    assert.equal(plan(rule, { manual: "stuck" })("manual").outcome, "stuck");
  });

  for (const [what, text, message] of [
    ["no list", "fault: vm-crash", /is no list of expectations/],
    ["an outcome that cannot be expected", "- { fault: x, outcome: unknown, source: y }", /0\.outcome/],
    ["no reason", "- { fault: x, outcome: stuck }", /0\.source/],
    ["a limit that is none", "- { fault: x, outcome: restarted, within: soon, source: y }", /0\.within: must be/],
    ["a word that means nothing", "- { fault: x, outcome: stuck, source: y, often: yes }", /often/],
    ["no YAML", "- {", /cannot be read/],
  ] as [string, string, RegExp][]) {
    it(`are refused with ${what}`, () => {
      assert.throws(() => read(text), { name: "UsageError", message });
    });
  }
});
