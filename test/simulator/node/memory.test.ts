import assert from "node:assert/strict";
import { condition, type Pod } from "../../../src/kube/objects.ts";
import type { Process } from "../../../src/simulator/node/process.ts";
import { Fixture } from "../fixture.ts";
import { Lab } from "../kubevirt/lab.ts";

const MiB = 2 ** 20;

/** A cluster where containers use as much memory as their image's name says, in MiB. */
function fixtureWithUsers(): Fixture {
  const fixture = new Fixture({}, { workers: 2 });
  fixture.world.programs.push((_pod, { image }, machine, exited) => {
    const mebibytes = Number(image);
    if (!(mebibytes > 0)) return undefined;
    const process: Process = {
      signal: (signal) =>
        machine.schedule(signal === "SIGKILL" ? 0 : 5_000, () =>
          exited(signal === "SIGKILL" ? { code: 137, reason: "Error" } : { code: 0, reason: "Completed" }),
        ),
      probe: () => "success",
      memory: () => mebibytes * MiB,
    };
    return process;
  });
  return fixture;
}

/** Runs a pod on the first worker that uses and asks for so many MiB. */
function runUser(
  fixture: Fixture,
  name: string,
  uses: number,
  asks: number | undefined,
  spec: Partial<Pod["spec"]> = {},
) {
  const resources = asks === undefined ? {} : { requests: { memory: `${asks}Mi` } };
  const containers = [{ name: "main", image: String(uses), resources }];
  return fixture.runPod(name, { containers, nodeSelector: { "kubernetes.io/hostname": "worker" }, ...spec });
}

function reasonOf(fixture: Fixture, name: string): string | undefined {
  return fixture.findPod(name)?.status.reason;
}

describe("a node short of memory", () => {
  it("evicts one pod a round: the first is the one that uses more than it asks for", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "modest", 500, 600);
    runUser(fixture, "greedy", 300, 200);
    runUser(fixture, "greedier", 400, 200);
    fixture.simulation.hands.fillMemory("worker", 50 * MiB);
    fixture.until(() => reasonOf(fixture, "greedier") === "Evicted", 12);
    const { phase, reason, message, conditions, containerStatuses } = fixture.pod("greedier").status;
    assert.deepEqual([phase, reason], ["Failed", "Evicted"]);
    assert.equal(
      message,
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. " +
        "Container main was using 409600Ki, request is 200Mi, has larger consumption of memory. ",
    );
    const disruption = conditions?.find(({ type }) => type === "DisruptionTarget");
    assert.deepEqual(
      [disruption?.status, disruption?.reason, disruption?.message],
      ["True", "TerminationByKubelet", message],
    );
    assert.equal(containerStatuses?.[0]?.state.terminated?.exitCode, 137);
    assert.ok(fixture.events("greedier").includes(`Evicted: ${message}`));
    assert.ok(fixture.events("worker").includes("EvictionThresholdMet: Attempting to reclaim memory"));
    fixture.pass(60);
    assert.deepEqual([reasonOf(fixture, "modest"), reasonOf(fixture, "greedy")], [undefined, undefined]);
    // Filled again, the next in order goes, and last the one within its request.
    fixture.simulation.hands.fillMemory("worker", 50 * MiB);
    fixture.until(() => reasonOf(fixture, "greedy") === "Evicted", 12);
    fixture.simulation.hands.fillMemory("worker", 0);
    fixture.until(() => reasonOf(fixture, "modest") === "Evicted", 40);
    assert.doesNotMatch(fixture.pod("modest").status.message!, /Container/);
  });

  it("evicts the less important of those within their requests first, and never a critical pod", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "critical", 900, 100, { priority: 2_000_001_000 });
    runUser(fixture, "important", 100, 600, { priority: 1000 });
    runUser(fixture, "plain", 100, 600);
    const evicted: string[] = [];
    fixture.simulation.store.subscribe(({ resource, object }) => {
      const { name } = object.metadata;
      if (resource === "pods" && (object as Pod).status.reason === "Evicted" && !evicted.includes(name))
        evicted.push(name);
    });
    for (let round = 0; round < 6; round++) {
      fixture.simulation.hands.fillMemory("worker", 10 * MiB);
      fixture.pass(15);
    }
    assert.deepEqual(
      evicted.filter((name) => !name.startsWith("virt-handler")),
      ["plain", "important"],
    );
  });

  it("gives a pod the two seconds that every container has, whatever grace it asks for", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "greedy", 300, 200, { terminationGracePeriodSeconds: 600 });
    fixture.simulation.hands.fillMemory("worker", 50 * MiB);
    fixture.until(() => fixture.events("greedy").some((event) => event.startsWith("Evicted")), 12);
    const seconds = fixture.until(() => !fixture.runs("greedy"), 5);
    assert.ok(seconds >= 2 && seconds < 2.2, `took ${seconds} s`);
  });

  it("says so, is tainted, and refuses pods without requests until five minutes after the last shortage", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "greedy", 300, 200);
    fixture.simulation.hands.fillMemory("worker", 50 * MiB);
    fixture.until(() => reasonOf(fixture, "greedy") === "Evicted", 12);
    fixture.simulation.hands.releaseMemory("worker");
    fixture.pass(11);
    const pressure = condition(fixture.node("worker"), "MemoryPressure")!;
    assert.deepEqual([pressure.status, pressure.reason], ["True", "KubeletHasInsufficientMemory"]);
    assert.ok(fixture.taints("worker").includes("node.kubernetes.io/memory-pressure:NoSchedule"));
    assert.ok(fixture.events("worker").some((event) => event.startsWith("NodeHasInsufficientMemory")));
    fixture.createPod("bound", { nodeName: "worker" });
    fixture.pass(2);
    const { phase, reason, message } = fixture.pod("bound").status;
    assert.deepEqual(
      [phase, reason, message],
      ["Failed", "Evicted", "Pod was rejected: The node had condition: [MemoryPressure]. "],
    );
    const requests = { memory: "10Mi" };
    fixture.createPod("asks", {
      nodeName: "worker",
      containers: [{ name: "main", image: "busybox", resources: { requests } }],
    });
    fixture.pass(5);
    assert.ok(fixture.isReady("asks"));
    fixture.pass(265);
    assert.equal(condition(fixture.node("worker"), "MemoryPressure")?.status, "True");
    fixture.pass(40);
    assert.equal(condition(fixture.node("worker"), "MemoryPressure")?.status, "False");
    assert.ok(!fixture.taints("worker").includes("node.kubernetes.io/memory-pressure:NoSchedule"));
  });

  it("goes on as before while nothing is short", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "greedy", 300, 200);
    fixture.simulation.hands.fillMemory("worker", 150 * MiB);
    fixture.pass(60);
    assert.ok(fixture.isReady("greedy"));
    assert.equal(condition(fixture.node("worker"), "MemoryPressure")?.status, "False");
  });
});

describe("a machine whose memory is used up", () => {
  it("loses what asks for nothing first, then those that ask for little; its kubelet tells", () => {
    const fixture = fixtureWithUsers();
    runUser(fixture, "best-effort", 50, undefined);
    runUser(fixture, "burstable", 400, 500);
    const limits = { cpu: "100m", memory: "1Gi" };
    runUser(fixture, "guaranteed", 900, undefined, {
      containers: [{ name: "main", image: "900", resources: { limits, requests: limits } }],
    });
    const { evidence } = fixture.simulation.hands.fillMemory("worker", -40 * MiB);
    assert.match(evidence, /the kernel killed in main$/);
    fixture.pass(2);
    const state = fixture.pod("best-effort").status.containerStatuses?.[0]?.state.terminated;
    assert.deepEqual([state?.reason, state?.exitCode], ["OOMKilled", 137]);
    assert.ok(fixture.events("worker").some((event) => event.startsWith("SystemOOM: System OOM encountered, victim")));
    fixture.simulation.hands.releaseMemory("worker");
    fixture.simulation.hands.fillMemory("worker", -300 * MiB);
    fixture.pass(2);
    assert.equal(fixture.findPod("burstable")?.status.containerStatuses?.[0]?.state.terminated?.reason, "OOMKilled");
    assert.ok(fixture.runs("guaranteed"));
  });

  it("forgets what was taken when it loses its power", () => {
    const fixture = new Fixture();
    const { hands } = fixture.simulation;
    const machine = fixture.world.machines.get("worker")!;
    const before = machine.availableBytes();
    hands.fillMemory("worker", 1024 * MiB);
    assert.equal(machine.availableBytes(), 1024 * MiB);
    hands.powerOff("worker");
    hands.powerOn("worker");
    assert.ok(machine.availableBytes() >= before);
  });
});

describe("a virtual machine on a node short of memory", () => {
  const running = async (cgroup: "v1" | "v2" = "v2"): Promise<{ lab: Lab; uid: string }> => {
    const slow = { "guest.rebound.dev/ignores-acpi": "true" };
    const lab = new Lab({ spec: { evictionStrategy: "LiveMigrate" }, settings: { cgroup }, annotations: slow });
    lab.cordonOthers(true);
    await lab.createVm("vm", "Always");
    lab.run(25);
    lab.cordonOthers(false);
    return { lab, uid: lab.vmi("vm")!.metadata.uid };
  };

  it("is not migrated: its pod is evicted, its VMI fails by the watchdog, and it restarts on another node", async () => {
    const { lab, uid } = await running();
    const pod = lab.podOf(uid)!;
    const seen = new Set<string>();
    lab.simulation.store.subscribe(({ resource, object }) => {
      if (resource === "pods" && object.metadata.uid === pod.metadata.uid)
        seen.add((object as Pod).status.reason ?? "");
    });
    lab.simulation.hands.fillMemory(lab.victim, 60 * MiB);
    lab.run(13);
    assert.ok(seen.has("Evicted"));
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    assert.ok(!lab.ready(lab.vmi("vm")));
    lab.run(60);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
    assert.deepEqual(lab.simulation.store.list("virtualmachineinstancemigrations"), []);
    const fresh = lab.vmi("vm")!;
    assert.notEqual(fresh.status.nodeName, lab.victim);
    assert.ok(lab.serves(fresh.metadata.uid));
  });

  for (const [cgroup, seconds, reason] of [
    ["v1", 20, "Completed"],
    ["v2", 60, "OOMKilled"],
  ] as const) {
    const what =
      cgroup === "v1" ? "its qemu to the kernel, and restarts when its launcher has said goodbye" : "all of it";
    it(`loses its console's log and then ${what} under cgroup ${cgroup}`, async () => {
      const { lab, uid } = await running(cgroup);
      const reasons = new Set<string | undefined>();
      lab.simulation.store.subscribe(({ resource, object }) => {
        if (resource !== "pods" || object.metadata.labels?.["kubevirt.io/created-by"] !== uid) return;
        const compute = (object as Pod).status.containerStatuses?.find(({ name }) => name === "compute");
        reasons.add(compute?.state.terminated?.reason);
      });
      const { evidence } = lab.simulation.hands.fillMemory(lab.victim, -50 * MiB);
      assert.match(evidence, /the kernel killed in guest-console-log, compute$/);
      lab.simulation.hands.releaseMemory(lab.victim);
      lab.run(seconds);
      assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
      assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
      assert.deepEqual([...reasons].filter(Boolean), [reason]);
    });
  }
});
