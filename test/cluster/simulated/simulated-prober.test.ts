import fc from "fast-check";
import assert from "node:assert/strict";
import { createKubeClient } from "../../../src/cluster/api-client.ts";
import type { Sample } from "../../../src/cluster/cluster.ts";
import { inProcessTransport } from "../../../src/cluster/simulated/in-process-transport.ts";
import { startSimulatedProber, type Guests } from "../../../src/cluster/simulated/simulated-prober.ts";
import { VirtualClock } from "../../../src/cluster/simulated/virtual-clock.ts";
import type { VirtualMachineInstance } from "../../../src/kube/objects.ts";
import type { GuestAnswer } from "../../../src/simulator/simulation.ts";
import { apiOf } from "../../simulator/api/world.ts";

const vmis = "virtualmachineinstances";

/** Guests whose answers a test sets. */
class ScriptedGuests implements Guests {
  readonly #answers = new Map<string, string>();
  readonly #listeners: ((answer: GuestAnswer) => void)[] = [];

  ask(vmiUid: string): string | null {
    return this.#answers.get(vmiUid) ?? null;
  }

  markerOf(vmiUid: string): string | null {
    return this.#answers.has(vmiUid) ? "root/marker" : null;
  }

  onAnswer(listener: (answer: GuestAnswer) => void): void {
    this.#listeners.push(listener);
  }

  set(vmiUid: string, bootId: string | null): void {
    if (this.ask(vmiUid) === bootId) return;
    if (bootId === null) this.#answers.delete(vmiUid);
    else this.#answers.set(vmiUid, bootId);
    for (const listener of this.#listeners) listener({ vmiUid, name: "vm", namespace: "lab", bootId });
  }
}

async function make() {
  const { api, world } = apiOf();
  const clock = new VirtualClock(world.clock);
  const kube = await createKubeClient(
    inProcessTransport((request) => api.handle(request), clock),
    clock,
  );
  const guests = new ScriptedGuests();
  const samples: Sample[] = [];
  const { store } = world;
  const { uid } = store.create<VirtualMachineInstance>(vmis, {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: { name: "vm", namespace: "lab" },
    spec: { domain: { devices: {} } },
    status: { phase: "Scheduled" },
  }).metadata;
  const setPhase = (phase: "Running" | "Failed"): void =>
    void store.mutate<VirtualMachineInstance>(vmis, "lab", "vm", (vmi) => void (vmi.status.phase = phase));
  const start = () => startSimulatedProber(guests, clock, kube, "lab", (sample) => samples.push(sample));
  return { clock, guests, samples, schedule: world.clock.schedule.bind(world.clock), setPhase, start, uid };
}

describe("the simulated prober", () => {
  it("sees what a prober sees that asks every VMI that has run, ended or not, at each tenth of a second", async () => {
    const act = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.constantFrom("a", "b", null, "Running", "Failed"));
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.integer({ min: 0, max: 250 }), async (acts, beginMs) => {
        const { clock, guests, samples, schedule, setPhase, start, uid } = await make();
        let hasRun = false;
        const expected: Sample[] = [];
        let last: { bootId: string | null } | null = null;
        for (const [at, what] of acts) {
          // Between two questions, so that it is plain which comes first.
          schedule(beginMs + at + 0.5, () => {
            if (what === "Running" || what === "Failed") {
              hasRun ||= what === "Running";
              setPhase(what);
            } else guests.set(uid, what);
          });
        }
        for (let now = beginMs; now < beginMs + 3200; now += 100) {
          schedule(now, () => {
            const bootId = guests.ask(uid);
            if (!hasRun || last?.bootId === bootId) return;
            const lastOfPreviousMs = last === null ? null : now - 100;
            last = { bootId };
            const marker = guests.markerOf(uid);
            expected.push({
              vm: "vm",
              uid,
              ok: bootId !== null,
              bootId,
              marker,
              atMs: now,
              askedMs: now,
              lastOfPreviousMs,
            });
          });
        }
        if (beginMs > 0) await clock.sleep(beginMs);
        const prober = await start();
        await clock.sleep(3150);
        assert.deepEqual(samples, expected);
        await prober[Symbol.asyncDispose]();
      }),
      { numRuns: 60 },
    );
  });

  it("tells again and again of a guest that its VMI has ended without, and once that it is silent", async () => {
    const { clock, guests, samples, setPhase, start, uid } = await make();
    setPhase("Running");
    guests.set(uid, "boot");
    const prober = await start();
    await clock.sleep(1000);
    setPhase("Failed");
    await clock.sleep(11_000);
    guests.set(uid, null);
    await clock.sleep(11_000);
    await prober[Symbol.asyncDispose]();
    assert.deepEqual(
      samples.map(({ askedMs, ok, lastOfPreviousMs }) => [askedMs, ok, lastOfPreviousMs]),
      [
        [0, true, null],
        [6_000, true, 5_900],
        [11_000, true, 10_900],
        [12_000, false, 11_900],
      ],
    );
  });

  it("asks also those that ran before, and nobody after it is stopped", async () => {
    const { clock, guests, samples, setPhase, start, uid } = await make();
    setPhase("Running");
    guests.set(uid, "boot");
    const prober = await start();
    await clock.sleep(1000);
    await prober[Symbol.asyncDispose]();
    guests.set(uid, null);
    await clock.sleep(1000);
    assert.deepEqual(
      samples.map(({ askedMs, ok, lastOfPreviousMs }) => [askedMs, ok, lastOfPreviousMs]),
      [[0, true, null]],
    );
  });
});
