import assert from "node:assert/strict";
import fc from "fast-check";
import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import { admitEviction } from "../../../src/simulator/api/admission/pod-eviction.ts";
import { createAdmitted } from "../../../src/simulator/kubevirt/create.ts";
import { Launcher } from "../../../src/simulator/kubevirt/launcher/launcher.ts";
import { StatusError } from "../../../src/simulator/status-error.ts";
import { Lab, strategies, type LabOptions } from "./lab.ts";

const acts = [
  "killQemu",
  "killLauncher",
  "powerOffGuest",
  "rebootGuest",
  "hangGuest",
  "oomKill",
  "deletePod",
  "deleteVmi",
  "powerOff",
  "powerOn",
  "shutDown",
  "freeze",
  "thaw",
  "stopKubelet",
  "startKubelet",
  "migrate",
  "evict",
  "cancelMigrations",
  "killHandler",
] as const;

interface Step {
  act: (typeof acts)[number];
  /** Which VMI or node, of those there are. */
  pick: number;
  waitSeconds: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...acts),
  pick: fc.nat(20),
  waitSeconds: fc.oneof(fc.nat(20), fc.integer({ min: 40, max: 420 })),
});

const nodes = ["worker", "worker2", "worker3"];

/** Does it if it can be done: a node without power has nothing to kill. */
function take(lab: Lab, { act, pick }: Step): void {
  const { hands, store } = lab.simulation;
  const vmis = lab.vmis();
  const vmi = vmis[pick % Math.max(1, vmis.length)];
  const node = nodes[pick % nodes.length]!;
  try {
    switch (act) {
      case "deletePod":
        return vmi && lab.podOf(vmi.metadata.uid) && lab.deletePod(vmi.metadata.uid);
      case "deleteVmi":
        if (vmi) store.delete("virtualmachineinstances", vmi.metadata.namespace, vmi.metadata.name);
        return;
      case "powerOff":
      case "powerOn":
      case "shutDown":
      case "freeze":
      case "thaw":
      case "stopKubelet":
      case "startKubelet":
        hands[act](node);
        return;
      case "migrate":
        return vmi && migrate(lab, vmi);
      case "evict":
        return vmi && evict(lab, vmi);
      case "cancelMigrations":
        for (const { metadata } of migrations(lab)) store.delete(migrationResource, "lab", metadata.name);
        return;
      case "killHandler":
        return killHandler(lab, node);
      default:
        if (vmi) hands[act](vmi.metadata.uid);
    }
  } catch (error) {
    if (error instanceof StatusError) return;
    if (!/has no power|is frozen|runs for VMI|has power already/.test((error as Error).message)) throw error;
  }
}

const migrationResource = "virtualmachineinstancemigrations";

function migrations(lab: Lab): VirtualMachineInstanceMigration[] {
  return lab.simulation.store.list<VirtualMachineInstanceMigration>(migrationResource, "lab");
}

function migrate(lab: Lab, { metadata: { name } }: VirtualMachineInstance): void {
  createAdmitted<VirtualMachineInstanceMigration>(lab.simulation.world, migrationResource, {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstanceMigration",
    metadata: { generateName: "by-hand-", namespace: "lab" },
    spec: { vmiName: name },
    status: {},
  });
}

/** As the eviction API asks the webhook; what it lets pass is deleted. */
function evict(lab: Lab, { metadata: { uid } }: VirtualMachineInstance): void {
  const pod = lab.podOf(uid);
  if (pod === undefined) return;
  admitEviction(lab.simulation.world, pod, { ...pod, kind: "Eviction" }, false);
  lab.deletePod(uid);
}

function killHandler(lab: Lab, node: string): void {
  for (const [key, process] of lab.simulation.world.machines.get(node)!.processes) {
    if (key.endsWith("/virt-handler")) process.signal("SIGKILL");
  }
}

/** The VMIs with a running qemu, one entry for each qemu. */
function liveDomains(lab: Lab): string[] {
  return [...lab.simulation.world.machines.values()].flatMap(({ processes }) =>
    [...processes.values()].flatMap((one) => (one instanceof Launcher && one.domain?.live ? one.vmiUid : [])),
  );
}

/** Puts every node back as it was; guests that hang are none of the platform's business. */
function heal(lab: Lab): void {
  const { machines } = lab.simulation.world;
  // A node that is being shut down has to be off first.
  lab.run(5);
  for (const node of nodes) {
    const machine = machines.get(node)!;
    if (!machine.powered) lab.simulation.hands.powerOn(node);
    if (machine.frozen) lab.simulation.hands.thaw(node);
    if (!machine.kubeletRunning && machine.powered) machine.change({ kubeletRunning: true });
  }
}

/** Lives through the steps and is put back; no VM may have two live guests at any time. */
async function survive(options: LabOptions, steps: Step[]): Promise<Lab> {
  const lab = new Lab(options);
  const answering = new Map<string, Set<string>>();
  lab.simulation.onAnswer(({ name, vmiUid, bootId }) => {
    const uids = answering.get(name) ?? new Set<string>();
    answering.set(name, uids);
    if (bootId === null) uids.delete(vmiUid);
    else uids.add(vmiUid);
    assert.ok(uids.size <= 1, `${name} has ${uids.size} live guests`);
    const live = liveDomains(lab);
    assert.equal(new Set(live).size, live.length, "a VMI has two domains that run");
  });
  for (const strategy of strategies) await lab.createVm(strategy.toLowerCase(), strategy);
  await lab.createReplicaSet("rs", 2);
  lab.run(40);
  for (const one of steps) {
    take(lab, one);
    lab.run(one.waitSeconds);
  }
  heal(lab);
  return lab;
}

describe("whatever is done to a cluster that no partition splits", () => {
  it("every migration comes to an end, and so does every evacuation of a VM that runs", async () => {
    const moves: fc.Arbitrary<Step> = fc.record({
      act: fc.constantFrom("migrate", "evict", ...acts),
      pick: fc.nat(20),
      waitSeconds: fc.oneof(fc.nat(6), fc.nat(20), fc.integer({ min: 40, max: 300 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(moves, { minLength: 1, maxLength: 12 }), async (seed, steps) => {
        const slow = { migrationMiBPerSecond: 30 };
        const lab = await survive({ seed, settings: slow, spec: { evictionStrategy: "LiveMigrate" } }, steps);
        lab.run(2_500);
        for (const { metadata, status } of migrations(lab)) {
          assert.match(status.phase ?? "", /^(Succeeded|Failed)$/, `${metadata.name} is ${status.phase}`);
        }
        for (const { metadata, status } of lab.vmis()) {
          const { migrationState: state, phase } = status;
          if (phase !== "Running") continue;
          assert.equal(state !== undefined && state.completed !== true, false, `${metadata.name} is still migrating`);
          assert.equal(metadata.labels?.["kubevirt.io/migrationTargetNodeName"], undefined);
          assert.equal(status.evacuationNodeName, undefined);
        }
        const running = lab.vmis().filter(({ status }) => status.phase === "Running");
        assert.deepEqual(liveDomains(lab).sort(), running.map(({ metadata }) => metadata.uid).sort());
      }),
      { numRuns: 40 },
    );
  }).timeout(120_000);

  it("no VM has two live guests, and once all nodes are back nothing is stuck and every Always VM runs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 1, maxLength: 8 }), async (seed, steps) => {
        const lab = await survive({ seed }, steps);
        lab.run(900);
        const stuck = lab.vmis().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
        assert.deepEqual(stuck.map(nameAndPhase), []);
        assert.equal(lab.vm("always").status.printableStatus, "Running");
        const members = lab.vmis().filter(({ metadata }) => metadata.name.startsWith("rs"));
        assert.deepEqual(
          members.map(({ status }) => status.phase),
          ["Running", "Running"],
        );
        for (const vmi of lab.vmis()) {
          const { finalizers = [] } = vmi.metadata;
          const ended = vmi.status.phase === "Succeeded" || vmi.status.phase === "Failed";
          const held = finalizers.includes("kubevirt.io/virtualMachineControllerFinalize");
          assert.equal(ended && held, false, `${nameAndPhase(vmi)} keeps its VM's finalizer`);
        }
      }),
      { numRuns: 40 },
    );
  }).timeout(120_000);
});

function nameAndPhase({ metadata, status }: VirtualMachineInstance): string {
  return `${metadata.name} ${status.phase}`;
}
