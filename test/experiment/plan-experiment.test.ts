import assert from "node:assert/strict";
import type { Actuators, Cluster } from "../../src/cluster/cluster.ts";
import { experiment, type ExperimentOptions } from "../../src/experiment/experiment.ts";
import { planExperiment } from "../../src/experiment/plan-experiment.ts";
import type { ClusterDescription, Plan } from "../../src/experiment/plan.ts";
import type { Fault } from "../../src/faults/fault.ts";
import { nodeShutdown } from "../../src/faults/node-shutdown.ts";
import { apiCut } from "../../src/faults/api-cut.ts";
import { apiSlow } from "../../src/faults/api-slow.ts";
import { componentStop } from "../../src/faults/component-stop.ts";
import { drain } from "../../src/faults/drain.ts";
import { during } from "../../src/faults/during.ts";
import { guestOom } from "../../src/faults/guest-oom.ts";
import { guestPoweroff } from "../../src/faults/guest-poweroff.ts";
import { guestReboot } from "../../src/faults/guest-reboot.ts";
import { launcherKill } from "../../src/faults/launcher-kill.ts";
import { kubeletStop } from "../../src/faults/kubelet-stop.ts";
import { libvirtKill } from "../../src/faults/libvirt-kill.ts";
import { migrationCrash } from "../../src/faults/migration-crash.ts";
import { runtimeStop } from "../../src/faults/runtime-stop.ts";
import { oomKill } from "../../src/faults/oom-kill.ts";
import { nodePressure } from "../../src/faults/node-pressure.ts";
import { nodePartition } from "../../src/faults/node-partition.ts";
import { podDelete } from "../../src/faults/pod-delete.ts";
import { probeFailure } from "../../src/faults/probe-failure.ts";
import { vmiDelete } from "../../src/faults/vmi-delete.ts";
import { startCrash } from "../../src/faults/start-crash.ts";
import { vmCrash } from "../../src/faults/vm-crash.ts";
import { forceDelete } from "../../src/remedies/force-delete.ts";
import { nodeHealthCheck } from "../../src/remedies/node-health-check.ts";
import { outOfServiceTaint } from "../../src/remedies/out-of-service-taint.ts";
import { virtctlMigrate } from "../../src/remedies/virtctl-migrate.ts";
import { tcpProbe } from "../../src/workload/guest.ts";
import { bystander, everyStrategy, pinned, vm } from "../../src/workload/variant.ts";

const description: ClusterDescription = {
  provider: "simulated",
  prediction: true,
  kubernetes: "v1",
  kubevirt: "v1",
  nodes: 4,
  acceleration: "simulated",
  cgroup: "v2",
  settings: { nodeMonitorGracePeriodSeconds: 50, unreachableTolerationSeconds: 300, evictionStrategy: "None" },
  operators: [],
};

function plan(
  options: Partial<ExperimentOptions>,
  over: Partial<ClusterDescription> = {},
  cannot?: string,
  describeWith?: Cluster["describeWith"],
): Plan {
  const actuators = { unsupported: () => cannot ?? null } as unknown as Actuators;
  const cluster = { description: { ...description, ...over }, actuators, ...(describeWith && { describeWith }) };
  const whole = experiment({ id: "it", title: "it", fault: vmCrash(), variants: everyStrategy(), ...options });
  return planExperiment(whole, cluster, { scenario: "it", seed: 1, repeat: 1 });
}

function outcomes(of: Plan, phase: string): Record<string, string | undefined> {
  return Object.fromEntries(of.variants.map((variant) => [variant.name, variant.expectations[phase]?.outcome]));
}

/** The same for every way to run a VM but Halted. */
const everyWay = (outcome: string) => `${`${outcome} `.repeat(6)}stopped`;

/** What KubeVirt is documented to do, written out once more, by hand. */
const documented: [string, Fault, string, string][] = [
  ["qemu killed", vmCrash(), "observe", "restarted restarted stopped stopped stopped restarted stopped"],
  ["memory limit hit", oomKill(), "observe", "restarted restarted stopped stopped stopped restarted stopped"],
  [
    "liveness failed, the guest obeys",
    probeFailure({ how: "port-closed" }),
    "observe",
    "restarted stopped stopped stopped stopped restarted stopped",
  ],
  [
    "liveness failed, the guest is hung",
    probeFailure({ how: "guest-hung" }),
    "observe",
    "restarted restarted stopped stopped stopped restarted stopped",
  ],
  ["readiness failed", probeFailure({ probe: "readiness" }), "observe", "stuck stuck stuck stuck stuck stuck stopped"],
  [
    "readiness passes again",
    probeFailure({ probe: "readiness" }),
    "return",
    "resumed resumed resumed resumed resumed resumed stopped",
  ],
  ["node lost", nodeShutdown(), "observe", "stuck stuck stuck stuck stuck restarted stopped"],
  ["node back", nodeShutdown(), "return", "restarted restarted stopped stopped stopped undisturbed stopped"],
  [
    "guest switched itself off",
    guestPoweroff(),
    "observe",
    "restarted stopped stopped stopped stopped restarted stopped",
  ],
  ["guest rebooted", guestReboot(), "observe", "rebooted rebooted rebooted rebooted rebooted rebooted stopped"],
  ["guest out of memory", guestOom(), "observe", "restarted stopped stopped stopped stopped restarted stopped"],
  ["libvirt killed", libvirtKill(), "observe", everyWay("undisturbed")],
  [
    "killed while it migrated",
    migrationCrash({ of: "source" }),
    "observe",
    "restarted restarted stopped stopped stopped restarted stopped",
  ],
  ["killed where it was migrated to", migrationCrash({ of: "target" }), "observe", everyWay("blocked")],
  ["a component away", componentStop({ component: "virt-handler" }), "observe", everyWay("undisturbed")],
  ["the API server away", apiCut(), "return", everyWay("undisturbed")],
  ["the API server slow", apiSlow(), "observe", everyWay("undisturbed")],
  [
    "qemu killed by way of a slow API server",
    during(apiSlow(), vmCrash()),
    "observe",
    "restarted restarted stopped stopped stopped restarted stopped",
  ],
  ["no container runtime", runtimeStop(), "return", "restarted stopped stopped stopped stopped undisturbed stopped"],
  ["launcher killed", launcherKill(), "observe", "restarted restarted stopped stopped stopped restarted stopped"],
  ["pod deleted", podDelete(), "observe", "restarted stopped stopped stopped stopped restarted stopped"],
  [
    "pod forced away",
    podDelete({ force: true }),
    "observe",
    "restarted restarted stopped stopped stopped restarted stopped",
  ],
  ["VMI deleted", vmiDelete(), "observe", "restarted stopped stopped restarted stopped restarted stopped"],
  ["drained under None", drain(), "observe", "restarted stopped stopped stopped stopped restarted stopped"],
  [
    "node shut down in order",
    nodeShutdown({ how: "orderly" }),
    "observe",
    "stuck stuck stuck stuck stuck restarted stopped",
  ],
];

describe("what is expected of every way to run a VM", () => {
  const ways = ["always", "rerun", "manual", "once", "bare", "rs", "halted"];
  for (const [what, fault, phase, expected] of documented) {
    it(`after ${what}`, () => {
      const planned = plan({ fault, variants: everyStrategy({ liveness: tcpProbe(), readiness: tcpProbe() }) });
      assert.deepEqual(
        outcomes(planned, phase),
        Object.fromEntries(ways.map((way, i) => [way, expected.split(" ")[i]])),
      );
    });
  }

  it("names a source for each", () => {
    for (const variant of plan({}).variants) assert.notEqual(variant.expectations["observe"]?.source ?? "", "");
  });

  it("is that a node back before its pods were marked restarts a replica set's members only then", () => {
    const planned = plan({ fault: nodeShutdown(), observe: "100s" });
    assert.equal(outcomes(planned, "observe")["rs"], "stuck");
    assert.equal(outcomes(planned, "return")["rs"], "restarted");
  });

  it("is nothing for a node held just as long as its pods may be marked or not", () => {
    const planned = plan({ fault: nodeShutdown(), observe: "350s" });
    assert.match(planned.variants[0]?.skip ?? "", /no rule/);
  });
});

describe("an experiment's plan", () => {
  it("watches a node's loss past detection, toleration and a restart, from the live settings", () => {
    const patient = { ...description.settings, unreachableTolerationSeconds: 600 };
    const [usual, longer] = [plan({ fault: nodeShutdown() }), plan({ fault: nodeShutdown() }, { settings: patient })];
    assert.ok(usual.phases[0]!.limitMs > 365_000);
    assert.equal(longer.phases[0]!.limitMs - usual.phases[0]!.limitMs, 300_000);
  });

  it("lets a phase end early, where no scenario states how long it lasts, and nothing early that must not happen", () => {
    const loss = plan({ fault: nodeShutdown() }).phases[0]!;
    assert.ok(loss.rests!["manual"]!.afterMs > 365_000 && loss.rests!["manual"]!.afterMs < loss.limitMs);
    assert.deepEqual(plan({}).phases[0]!.rests!["always"], { afterMs: 0, unbrokenMs: 60_000 });
    assert.equal(plan({ fault: nodeShutdown(), observe: "400s" }).phases[0]!.rests, undefined);
    assert.equal(plan({ expect: { manual: "restarted" } }).phases[0]!.rests, undefined);
  });

  it("keeps a VM that came back on trial until its probes could have ended it again", () => {
    const slow = tcpProbe({ initialDelaySeconds: 100, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 });
    const [phase] = plan({ variants: [vm("web", { runStrategy: "Always", liveness: slow })] }).phases;
    assert.ok(phase!.rests!["web"]!.unbrokenMs >= 110_000 + 33_000);
  });

  it("allows an OOM kill the watchdog's time where the whole container dies", () => {
    const within = (cgroup: "v1" | "v2") =>
      plan({ fault: oomKill() }, { cgroup }).variants[0]!.expectations["observe"]!.withinMs!;
    assert.equal(within("v2") - within("v1"), 46_000 - 5_000);
  });

  it("allows each step of a recovery the time of a slow API server", () => {
    const limit = (fault: Fault) => plan({ fault }).variants[0]!.expectations["observe"]!.withinMs!;
    const delayed = during(apiSlow({ delay: "3s" }), vmCrash());
    assert.equal(limit(delayed) - limit(vmCrash()), 20 * 3_000);
  });

  it("has the floor of the back-off, of starts that failed", () => {
    const floors = [1, 2, 6].map((times) => {
      const variants = [vm("always")];
      return plan({ fault: startCrash({ times }), variants }).variants[0]!.expectations["observe"]?.floorMs;
    });
    assert.deepEqual(floors, [10_000, 40_000, 300_000]);
  });

  it("bears two guests at once where the platform warns of them, and nowhere else", () => {
    const bears = (fault: Fault, phase: string) =>
      plan({ fault, observe: "100s", remedies: [forceDelete()] }).variants[0]!.expectations[phase]?.mayBeTwice === true;
    assert.ok(!bears(nodePartition(), "observe"));
    assert.ok(bears(nodePartition(), "force-delete"));
    assert.ok(bears(nodePartition(), "return"));
    assert.ok(bears(runtimeStop(), "force-delete"));
    assert.ok(!bears(nodeShutdown(), "force-delete"));
    assert.ok(bears(podDelete({ force: true }), "observe"));
    assert.ok(!bears(podDelete(), "observe"));
  });

  it("says what is expected where a kubelet that starts refuses the launchers, and nowhere else", () => {
    const instead = (fault: Fault, observe?: "100s") =>
      plan({ fault, ...(observe !== undefined && { observe }) }).variants.map(
        ({ expectations }) => expectations["return"]?.unless?.instead.outcome,
      );
    const planned = plan({ fault: kubeletStop(), observe: "100s" }).variants[0]!.expectations["return"]!;
    assert.equal(planned.outcome, "resumed");
    assert.equal(planned.unless?.ending, "NodeAffinity");
    assert.ok(instead(kubeletStop(), "100s").includes("restarted"));
    assert.ok(instead(kubeletStop()).includes("restarted"));
    assert.ok(instead(nodePartition(), "100s").every((outcome) => outcome === undefined));
  });

  it("expects an evicted guest that shuts down in time to stay down under RerunOnFailure, by all phases after", () => {
    const rerun = plan({ fault: nodePressure() }).variants.find(({ name }) => name === "rerun")!;
    for (const phase of ["observe", "return"]) {
      assert.equal(rerun.expectations[phase]?.unless?.ending, "Succeeded");
      assert.equal(rerun.expectations[phase]?.unless?.instead.outcome, "stopped");
    }
    assert.equal(rerun.expectations["observe"]!.outcome, "restarted");
  });

  it("does not begin a drain that looks for room where one of its VMs may go nowhere else, and says so of all", () => {
    const variants = [...everyStrategy({ evictionStrategy: "LiveMigrate" }), pinned(vm("one-node"))];
    const outcomes = (verifyRoom: boolean) =>
      plan({ fault: drain({ verifyRoom }), variants })
        .variants.filter(({ role }) => role === "victim")
        .map(({ expectations }) => expectations["observe"]!.outcome);
    assert.deepEqual([...new Set(outcomes(true))], ["blocked"]);
    assert.ok(outcomes(false).includes("migrated"));
    const roomy = plan({ fault: drain({ verifyRoom: true }), variants: variants.slice(0, -1) });
    assert.equal(roomy.variants[0]!.expectations["observe"]!.outcome, "migrated");
  });

  it("has a floor that follows the probe's settings", () => {
    const floor = (periodSeconds: number) => {
      const variants = [vm("a", { liveness: tcpProbe({ periodSeconds, failureThreshold: 4 }) })];
      return plan({ fault: probeFailure(), variants }).variants[0]!.expectations["observe"]!.floorMs;
    };
    assert.equal(floor(5), 15_000);
    assert.equal(floor(20), 60_000);
  });

  it("is of a cluster with the operators that the experiment needs, where one can be had, and is skipped elsewhere", () => {
    const operators = ["hyperconverged-cluster"];
    const settings = { ...description.settings, evictionStrategy: "LiveMigrate" as const };
    const asked = { fault: drain(), operators };
    const withIt = plan(asked, {}, undefined, (wanted) => ({ ...description, settings, operators: [...wanted] }));
    assert.equal(withIt.skip, null);
    assert.deepEqual(withIt.cluster.operators, operators);
    assert.equal(outcomes(withIt, "observe")["always"], "migrated");
    assert.equal(plan(asked).skip, "the hyperconverged-cluster operator is not installed");
    assert.equal(plan(asked, { operators }).skip, null);
  });

  it("judges a variant by what the scenario states, where it states something", () => {
    const planned = plan({ expect: { rerun: "stopped", always: { outcome: "restarted", within: "7s" } } });
    assert.equal(planned.variants[1]?.expectations["observe"]?.outcome, "stopped");
    assert.equal(planned.variants[0]?.expectations["observe"]?.withinMs, 7_000);
    assert.match(planned.variants[1]?.expectations["observe"]?.source ?? "", /stated by the scenario "it"/);
  });

  it("skips a variant that has nothing the fault could hit, and says why", () => {
    const planned = plan({
      fault: probeFailure(),
      variants: [vm("bare-of-probes"), vm("probed", { liveness: tcpProbe() })],
    });
    assert.deepEqual(
      planned.variants.map((variant) => variant.skip),
      ["it has no liveness probe to fail", null],
    );
    assert.equal(planned.skip, null);
  });

  it("has a phase for each remedy in turn, and judges each variant in each", () => {
    const planned = plan({ fault: nodeShutdown(), observe: "100s", remedies: [virtctlMigrate(), outOfServiceTaint()] });
    assert.deepEqual(
      planned.phases.map(({ name }) => name),
      ["observe", "virtctl-migrate", "out-of-service-taint", "return"],
    );
    assert.deepEqual(
      Object.values(planned.variants[0]!.expectations).map(({ outcome }) => outcome),
      ["stuck", "stuck", "restarted", "undisturbed"],
    );
  });

  it("knows that pods are marked while a remedy is tried in vain", () => {
    const planned = plan({ fault: nodeShutdown(), observe: "100s", remedies: [virtctlMigrate()] });
    assert.equal(outcomes(planned, "virtctl-migrate")["rs"], "restarted");
    assert.equal(outcomes(planned, "return")["rs"], "undisturbed");
  });

  it("is skipped where the cluster lacks what a remedy needs, and is not where it has it", () => {
    const remedied = { fault: nodeShutdown(), observe: "100s" as const, remedies: [nodeHealthCheck()] };
    assert.equal(plan(remedied).skip, "the node-health-check operator is not installed");
    assert.equal(plan(remedied, { operators: ["node-health-check"] }).skip, null);
  });

  it("is held against what is stated of a later phase", () => {
    const planned = plan({
      fault: nodeShutdown(),
      remedies: [outOfServiceTaint()],
      expectAfter: {
        "out-of-service-taint": { always: { outcome: "restarted", within: "9s" } },
        return: { rs: "stuck" },
      },
    });
    assert.equal(planned.variants[0]!.expectations["out-of-service-taint"]!.withinMs, 9_000);
    assert.equal(outcomes(planned, "return")["rs"], "stuck");
  });

  it("is skipped whole when no victim can be hit, or the cluster cannot do the fault", () => {
    assert.match(plan({ fault: probeFailure() }).skip ?? "", /no liveness probe/);
    assert.equal(plan({}, {}, "no hands for it").skip, "no hands for it");
  });

  it("expects bystanders to go on as they were", () => {
    const planned = plan({ variants: [vm("hit"), bystander(vm("beside")), vm("off", { runStrategy: "Halted" })] });
    assert.deepEqual(outcomes(planned, "observe"), { hit: "restarted", beside: "undisturbed", off: "stopped" });
  });

  it("can be put to a file: it survives JSON", () => {
    const planned = plan({});
    assert.deepEqual(JSON.parse(JSON.stringify(planned)), planned);
  });
});

describe("an experiment's declaration", () => {
  const refusals: [string, Partial<ExperimentOptions>, RegExp][] = [
    ["an id that is no file name", { id: "My Crash" }, /lower-case letters/],
    ["no variants", { variants: [] }, /has no variants/],
    ["two variants of one name", { variants: [vm("a"), vm("a")] }, /two variants called "a"/],
    ["an expectation of nobody", { expect: { nobody: "restarted" } }, /"nobody", which is none of its variants/],
    [
      "an expectation after what is never done",
      { expectAfter: { "delete-node": { always: "restarted" } } },
      /"delete-node", which is none of its phases \(return\)/,
    ],
    ["a length of time that is none", { observe: "soon" as "1s" }, /"soon" is not a length of time/],
  ];
  for (const [what, options, message] of refusals) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => plan(options), { name: "UsageError", message });
    });
  }
});

describe("a VM's declaration", () => {
  it("is refused with a run strategy that there is none of", () => {
    const runStrategy = "Alwayss" as "Always";
    assert.throws(() => vm("web", { runStrategy }), { name: "UsageError", message: /"Alwayss"; it can be Always/ });
  });
});
