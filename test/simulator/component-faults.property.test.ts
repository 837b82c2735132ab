import assert from "node:assert/strict";
import fc from "fast-check";
import type { ComponentName } from "../../src/simulator/simulation.ts";
import { Lab } from "./kubevirt/lab.ts";

const components: ComponentName[] = [
  "kube-apiserver",
  "kube-scheduler",
  "kube-controller-manager",
  "virt-controller",
  "virt-api",
  "virt-handler",
];
const nodes = ["worker", "worker2", "worker3"];
const MiB = 2 ** 20;

const acts = [
  ...([
    "kill",
    "stop",
    "start",
    "cutApi",
    "slow",
    "restoreApi",
    "fill",
    "release",
    "stopRuntime",
    "startRuntime",
  ] as const),
  ...(["killQemu", "killLauncher", "killLibvirt", "powerOffGuest", "powerOff", "powerOn"] as const),
];

interface Step {
  act: (typeof acts)[number];
  component: ComponentName;
  pick: number;
  waitSeconds: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(...acts),
  component: fc.constantFrom(...components),
  pick: fc.nat(20),
  waitSeconds: fc.oneof(fc.nat(20), fc.integer({ min: 40, max: 420 })),
});

/** Does it if it can be done. */
function take(lab: Lab, { act, component, pick }: Step): void {
  const { hands } = lab.simulation;
  const node = nodes[pick % nodes.length]!;
  const vmis = lab.vmis();
  const vmi = vmis[pick % Math.max(1, vmis.length)];
  try {
    switch (act) {
      case "kill":
        return void hands.killComponent(component);
      case "stop":
        return void hands.stopComponent(component);
      case "start":
        return void hands.startComponent(component);
      case "slow":
        return void hands.slowApi(100 * pick);
      case "fill":
        return void hands.fillMemory(node, (pick - 10) * 20 * MiB);
      case "release":
        return void hands.releaseMemory(node);
      case "cutApi":
      case "restoreApi":
        return void hands[act]();
      case "stopRuntime":
      case "startRuntime":
      case "powerOff":
      case "powerOn":
        return void hands[act](node);
      default:
        if (vmi) hands[act](vmi.metadata.uid);
    }
  } catch (error) {
    if (!/does not run|has no power|runs for VMI|has power already/.test((error as Error).message)) throw error;
  }
}

function heal({ simulation: { hands, world } }: Lab): void {
  for (const component of components) hands.startComponent(component);
  hands.restoreApi();
  for (const node of nodes) {
    if (world.machines.get(node)!.powered) {
      hands.releaseMemory(node);
      hands.startRuntime(node);
    } else hands.powerOn(node);
  }
}

/** Plays the schedule on a cluster with a VM of each kind; what it answers is the whole history. */
async function play(seed: number, steps: Step[]): Promise<{ lab: Lab; history: string[] }> {
  const lab = new Lab({ seed });
  const { store } = lab.simulation;
  const history: string[] = [];
  const live = new Map<string, Set<string>>();
  let version = store.resourceVersion;
  store.subscribe(({ verb, resource, object, resourceVersion }) => {
    assert.ok(resourceVersion > version, "versions only grow");
    assert.equal(object.metadata.resourceVersion, String(resourceVersion));
    version = resourceVersion;
    history.push(`${lab.now} ${verb} ${resource} ${JSON.stringify(object)}`);
    if (resource !== "virtualmachineinstances" || verb !== "ADDED") return;
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === "VirtualMachine")?.uid;
    const owned = lab.vmis().filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner));
    assert.ok(owner === undefined || owned.length === 1, `a VM has ${owned.length} VMIs`);
  });
  lab.simulation.onAnswer(({ name, vmiUid, bootId }) => {
    const uids = live.get(name) ?? new Set<string>();
    live.set(name, uids);
    if (bootId === null) uids.delete(vmiUid);
    else uids.add(vmiUid);
    assert.ok(uids.size <= 1, `${name} has ${uids.size} live guests`);
  });
  await lab.createVm("always", "Always");
  await lab.createVm("rerun", "RerunOnFailure");
  await lab.createReplicaSet("rs", 2);
  lab.run(40);
  for (const one of steps) {
    take(lab, one);
    lab.run(one.waitSeconds);
  }
  return { lab, history };
}

const schedules = [fc.integer(), fc.array(step, { minLength: 1, maxLength: 8 })] as const;

describe("whatever is done to the control plane and to memory", () => {
  it("no VM has two VMIs or two live guests, and when all is back nothing is stuck and every Always VM runs", async () => {
    await fc.assert(
      fc.asyncProperty(...schedules, async (seed, steps) => {
        const { lab } = await play(seed, steps);
        heal(lab);
        // Who has failed to write all the time tries again after as long as it has failed.
        lab.run(4_000);
        const stuck = lab.vmis().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
        assert.deepEqual(
          stuck.map(({ metadata, status }) => `${metadata.name} ${status.phase}`),
          [],
        );
        assert.equal(lab.vm("always").status.printableStatus, "Running");
        assert.ok(lab.serves(lab.vmi("always")!.metadata.uid));
        const members = lab.vmis().filter(({ metadata }) => metadata.name.startsWith("rs"));
        assert.deepEqual(
          members.map(({ status }) => status.phase),
          ["Running", "Running"],
        );
      }),
      { numRuns: 25 },
    );
  }).timeout(120_000);

  it("the same seed gives the same history", async () => {
    await fc.assert(
      fc.asyncProperty(...schedules, async (seed, steps) => {
        const [first, again] = [await play(seed, steps), await play(seed, steps)];
        assert.deepEqual(first.history, again.history);
      }),
      { numRuns: 5 },
    );
  }).timeout(60_000);
});
