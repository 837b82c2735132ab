import assert from "node:assert/strict";
import fc from "fast-check";
import type { VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { Lab, strategies } from "./lab.ts";

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
      default:
        if (vmi) hands[act](vmi.metadata.uid);
    }
  } catch (error) {
    if (!/has no power|is frozen|runs for VMI|has power already/.test((error as Error).message)) throw error;
  }
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

describe("whatever is done to a cluster that no partition splits", () => {
  it("no VM has two live guests, and once all nodes are back nothing is stuck and every Always VM runs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 1, maxLength: 8 }), async (seed, steps) => {
        const lab = new Lab({ seed });
        const answering = new Map<string, Set<string>>();
        lab.simulation.onAnswer(({ name, vmiUid, bootId }) => {
          const uids = answering.get(name) ?? new Set<string>();
          answering.set(name, uids);
          if (bootId === null) uids.delete(vmiUid);
          else uids.add(vmiUid);
          assert.ok(uids.size <= 1, `${name} has ${uids.size} live guests`);
        });
        for (const strategy of strategies) await lab.createVm(strategy.toLowerCase(), strategy);
        await lab.createReplicaSet("rs", 2);
        lab.run(40);
        for (const one of steps) {
          take(lab, one);
          lab.run(one.waitSeconds);
        }
        heal(lab);
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
