import assert from "node:assert/strict";
import type { Node, Probe, VirtualMachine, VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { Lab, strategies, type LabOptions, type Strategy } from "./lab.ts";

/**
 * What becomes of a VM: `restart`: a new VMI serves; `gone`: its VMI is removed and the VM stopped; `stays`: the final
 * VMI stays and the VM is stopped; `same`: the same VMI runs and is ready; `unready`: it runs and is not ready;
 * `silent`: it is said to be running and ready, and its guest answers nothing.
 */
type Fate = "restart" | "gone" | "stays" | "same" | "unready" | "silent";

interface Row {
  cause: string;
  options?: LabOptions;
  /** Does it to one VMI. */
  toEach?: (lab: Lab, vmi: VirtualMachineInstance) => void;
  /** Does it once. */
  toAll?: (lab: Lab) => void;
  /** How long until all is decided, in seconds. */
  seconds: number;
  /** The final phase of the VMI that was hit, if it ends, and the seconds after the cause within which it does. */
  ends?: { phase: "Succeeded" | "Failed"; after: [low: number, high: number] };
  fates: Record<Strategy, Fate>;
  bare: Fate;
  /** Whether the replica set's members are other ones after that time. */
  replaced: boolean;
}

const failed: Row["fates"] = { Always: "restart", RerunOnFailure: "restart", Manual: "stays", Once: "stays" };
const ended: Row["fates"] = { Always: "restart", RerunOnFailure: "gone", Manual: "stays", Once: "stays" };
const untouched: Row["fates"] = { Always: "same", RerunOnFailure: "same", Manual: "same", Once: "same" };
const lost: Row["fates"] = { Always: "unready", RerunOnFailure: "unready", Manual: "unready", Once: "unready" };

const liveness: Probe = { tcpSocket: { port: 1500 }, initialDelaySeconds: 20, periodSeconds: 5, failureThreshold: 3 };
const watched = { i6300esb: { action: "poweroff" } };

const rows: Row[] = [
  {
    cause: "the guest powers itself off",
    toEach: (lab, { metadata }) => lab.simulation.hands.powerOffGuest(metadata.uid),
    seconds: 60,
    ends: { phase: "Succeeded", after: [0, 2] },
    fates: ended,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the guest reboots",
    toEach: (lab, { metadata }) => lab.simulation.hands.rebootGuest(metadata.uid),
    seconds: 60,
    fates: untouched,
    bare: "same",
    replaced: false,
  },
  {
    cause: "qemu is killed",
    toEach: (lab, { metadata }) => lab.simulation.hands.killQemu(metadata.uid),
    seconds: 60,
    ends: { phase: "Failed", after: [0, 2] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the guest panics with a panic device",
    options: { domain: { devices: { panicDevices: [{ model: "isa" }] } } },
    toEach: (lab, { metadata }) => lab.simulation.hands.panicGuest(metadata.uid),
    seconds: 60,
    ends: { phase: "Failed", after: [0, 2] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the guest panics without a panic device",
    toEach: (lab, { metadata }) => lab.simulation.hands.panicGuest(metadata.uid),
    seconds: 300,
    fates: { Always: "silent", RerunOnFailure: "silent", Manual: "silent", Once: "silent" },
    bare: "silent",
    replaced: false,
  },
  {
    cause: "virt-launcher is killed",
    toEach: (lab, { metadata }) => lab.simulation.hands.killLauncher(metadata.uid),
    seconds: 110,
    ends: { phase: "Failed", after: [33, 46] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the launcher pod is deleted and the guest obeys",
    toEach: (lab, { metadata }) => lab.deletePod(metadata.uid),
    seconds: 60,
    ends: { phase: "Succeeded", after: [1, 5] },
    fates: ended,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the launcher pod is deleted and the guest ignores ACPI",
    options: { annotations: { "guest.rebound.dev/ignores-acpi": "true" } },
    toEach: (lab, { metadata }) => lab.deletePod(metadata.uid),
    seconds: 90,
    ends: { phase: "Failed", after: [30, 31] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the launcher pod is deleted by force",
    toEach: (lab, { metadata }) => lab.deletePod(metadata.uid, 0),
    seconds: 60,
    ends: { phase: "Failed", after: [0, 1] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the VMI is deleted",
    toEach: (lab, { metadata }) =>
      lab.simulation.store.delete("virtualmachineinstances", metadata.namespace, metadata.name),
    seconds: 60,
    ends: { phase: "Succeeded", after: [1, 5] },
    fates: { Always: "restart", RerunOnFailure: "gone", Manual: "gone", Once: "restart" },
    bare: "gone",
    replaced: true,
  },
  {
    cause: "the VMI is deleted and the guest ignores ACPI",
    options: { annotations: { "guest.rebound.dev/ignores-acpi": "true" } },
    toEach: (lab, { metadata }) =>
      lab.simulation.store.delete("virtualmachineinstances", metadata.namespace, metadata.name),
    seconds: 90,
    ends: { phase: "Failed", after: [30, 31] },
    fates: { Always: "restart", RerunOnFailure: "gone", Manual: "gone", Once: "restart" },
    bare: "gone",
    replaced: true,
  },
  {
    cause: "compute is killed for memory under cgroup v2",
    options: { settings: { cgroup: "v2" } },
    toEach: (lab, { metadata }) => lab.simulation.hands.oomKill(metadata.uid),
    seconds: 110,
    ends: { phase: "Failed", after: [33, 46] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "qemu alone is killed for memory under cgroup v1",
    options: { settings: { cgroup: "v1" } },
    toEach: (lab, { metadata }) => lab.simulation.hands.oomKill(metadata.uid),
    seconds: 60,
    ends: { phase: "Failed", after: [0, 2] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the liveness probe fails and the guest obeys",
    options: { spec: { livenessProbe: liveness } },
    toEach: (lab, { metadata }) => lab.simulation.hands.closePort(metadata.uid, 1500),
    seconds: 80,
    ends: { phase: "Succeeded", after: [10, 25] },
    fates: ended,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the liveness probe fails and the guest hangs",
    options: { spec: { livenessProbe: liveness } },
    toEach: (lab, { metadata }) => lab.simulation.hands.hangGuest(metadata.uid),
    seconds: 100,
    ends: { phase: "Failed", after: [40, 50] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the guest's watchdog powers it off",
    options: { domain: { devices: { watchdog: { name: "dog", ...watched } } } },
    toEach: (lab, { metadata }) => lab.simulation.hands.hangGuest(metadata.uid),
    seconds: 90,
    ends: { phase: "Failed", after: [30, 32] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the readiness probe fails",
    options: { spec: { readinessProbe: { tcpSocket: { port: 1500 }, periodSeconds: 5 } } },
    toEach: (lab, { metadata }) => lab.simulation.hands.closePort(metadata.uid, 1500),
    seconds: 120,
    fates: lost,
    bare: "unready",
    replaced: false,
  },
  {
    cause: "the node loses its power for good",
    toAll: (lab) => lab.simulation.hands.powerOff(lab.victim),
    seconds: 900,
    fates: lost,
    bare: "unready",
    replaced: true,
  },
  {
    cause: "the node loses its power and its pods are deleted by force",
    toAll: (lab) => {
      lab.simulation.hands.powerOff(lab.victim);
      lab.run(120);
      for (const { metadata } of lab.vmis()) lab.deletePod(metadata.uid, 0);
    },
    seconds: 60,
    ends: { phase: "Failed", after: [120, 121] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the node loses its power and is tainted out of service",
    toAll: (lab) => {
      lab.simulation.hands.powerOff(lab.victim);
      lab.run(120);
      lab.simulation.store.mutate<Node>("nodes", undefined, lab.victim, (draft) => {
        const taint = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" } as const;
        draft.spec.taints = [...(draft.spec.taints ?? []), taint];
      });
    },
    seconds: 80,
    ends: { phase: "Failed", after: [120, 142] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the node loses its power and its object is deleted",
    toAll: (lab) => {
      lab.simulation.hands.powerOff(lab.victim);
      lab.run(120);
      lab.simulation.store.delete("nodes", undefined, lab.victim);
    },
    seconds: 120,
    ends: { phase: "Failed", after: [160, 185] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the node loses its power and boots again in time",
    toAll: (lab) => {
      lab.simulation.hands.powerOff(lab.victim);
      lab.run(100);
      lab.simulation.hands.powerOn(lab.victim);
    },
    seconds: 120,
    ends: { phase: "Failed", after: [100, 160] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the node is cut off and joined again in time",
    toAll: (lab) => {
      lab.simulation.hands.disconnect(lab.victim);
      lab.run(100);
      lab.simulation.hands.connect(lab.victim);
    },
    seconds: 120,
    fates: untouched,
    bare: "same",
    replaced: false,
  },
  {
    cause: "the node is cut off and joined again after its pods were told to go",
    toAll: (lab) => {
      lab.simulation.hands.disconnect(lab.victim);
      lab.run(400);
      lab.simulation.hands.connect(lab.victim);
    },
    seconds: 120,
    ends: { phase: "Succeeded", after: [400, 430] },
    fates: ended,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the kubelet is stopped and started again after its pods were told to go",
    toAll: (lab) => {
      lab.simulation.hands.stopKubelet(lab.victim);
      lab.run(400);
      lab.simulation.hands.startKubelet(lab.victim);
    },
    seconds: 120,
    ends: { phase: "Succeeded", after: [400, 415] },
    fates: ended,
    bare: "stays",
    replaced: true,
  },
  {
    cause: "the node is shut down in order and started after its pods were told to go",
    toAll: (lab) => {
      lab.simulation.hands.shutDown(lab.victim);
      lab.run(430);
      lab.simulation.hands.powerOn(lab.victim);
    },
    seconds: 150,
    ends: { phase: "Failed", after: [430, 500] },
    fates: failed,
    bare: "stays",
    replaced: true,
  },
];

describe("what becomes of VMs by cause and run strategy", () => {
  for (const row of rows) {
    describe(`when ${row.cause}`, () => {
      let lab: Lab;
      let old: Map<string, VirtualMachineInstance>;
      let actedMs: number;

      before(async () => {
        lab = await new Lab(row.options).startAll();
        old = new Map(lab.vmis().map((vmi) => [vmi.metadata.name, vmi]));
        actedMs = lab.now;
        for (const vmi of old.values()) row.toEach?.(lab, vmi);
        row.toAll?.(lab);
        lab.run(row.seconds);
      });

      for (const strategy of strategies) {
        const fate = row.fates[strategy];
        it(`${strategy}: ${fate}`, () => {
          const name = strategy.toLowerCase();
          checkFate(fate, name);
          checkVm(lab.vm(name), fate);
        });
      }

      it(`a VMI without owner: ${row.bare}`, () => checkFate(row.bare, "bare"));

      it(`a replica set: members are ${row.replaced ? "replaced" : "kept"}`, () => {
        const members = lab.vmis().filter(({ metadata }) => metadata.name.startsWith("rs"));
        const fresh = members.filter(({ metadata }) => !old.has(metadata.name));
        assert.equal(fresh.length, row.replaced ? 2 : 0);
        for (const { metadata } of fresh) assert.ok(lab.serves(metadata.uid), `${metadata.name} serves`);
      });

      function checkFate(fate: Fate, name: string): void {
        const hit = old.get(name)!;
        const history = lab.histories.get(hit.metadata.uid)!;
        const now = lab.vmi(name);
        if (row.ends === undefined) assert.equal(history.endedMs, undefined);
        else {
          assert.equal(history.phases.at(-1), row.ends.phase);
          const seconds = (history.endedMs! - actedMs) / 1000;
          const [low, high] = row.ends.after;
          assert.ok(seconds >= low && seconds <= high, `ended after ${seconds} s`);
        }
        switch (fate) {
          case "restart":
            assert.notEqual(now?.metadata.uid, hit.metadata.uid);
            assert.equal(now?.status.phase, "Running");
            assert.ok(lab.ready(now) && lab.serves(now.metadata.uid), "the new VMI is ready and serves");
            return;
          case "gone":
            assert.equal(now, undefined);
            assert.equal(lab.podOf(hit.metadata.uid), undefined);
            return;
          case "stays":
            assert.equal(now?.metadata.uid, hit.metadata.uid);
            assert.ok(!lab.serves(hit.metadata.uid), "the old guest is off");
            return;
          case "same":
            assert.equal(now?.metadata.uid, hit.metadata.uid);
            assert.ok(lab.ready(now) && lab.serves(hit.metadata.uid), "it is ready and serves");
            return;
          case "unready":
            assert.equal(now?.metadata.uid, hit.metadata.uid);
            assert.equal(now?.status.phase, "Running");
            assert.ok(!lab.ready(now), "it is not ready");
            return;
          case "silent":
            assert.equal(now?.metadata.uid, hit.metadata.uid);
            assert.ok(lab.ready(now) && !lab.serves(hit.metadata.uid), "it is ready and answers nothing");
        }
      }
    });
  }
});

function checkVm({ status }: VirtualMachine, fate: Fate): void {
  const running = fate !== "gone" && fate !== "stays";
  assert.equal(status.printableStatus, running ? "Running" : "Stopped");
  assert.equal(status.ready ?? false, fate === "restart" || fate === "same" || fate === "silent");
  assert.equal(status.created ?? false, fate !== "gone");
}
