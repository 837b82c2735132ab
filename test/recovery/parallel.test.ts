import assert from "node:assert/strict";
import { buildTimeline } from "../../src/observe/timeline.ts";
import { parallelMigrations } from "../../src/recovery/parallel.ts";
import { Story } from "./story.ts";

/** VMIs of one namespace, on the nodes where they are, and their migrations: each has those phases at those times. */
function parallelOf(name: string, vmis: Record<string, { node: string; phases: [ms: number, phase: string][] }>) {
  const story = new Story();
  for (const [each, { node, phases }] of Object.entries(vmis)) {
    const on = (ms: number, nodeName: string) =>
      story.event(ms, "virtualmachineinstances", {
        metadata: { uid: each, name: each, namespace: "lab" },
        spec: { domain: { devices: {} } },
        status: { phase: "Running", nodeName },
      });
    on(1_000, node);
    for (const [ms, phase] of phases) {
      if (phase === "moved") on(ms, "elsewhere");
      else {
        const metadata = { uid: `m-${each}`, name: `m-${each}`, namespace: "lab" };
        story.event(ms, "virtualmachineinstancemigrations", { metadata, spec: { vmiName: each }, status: { phase } });
      }
    }
  }
  const timeline = buildTimeline(story.journal());
  const subject = timeline.subjects.find((each) => each.name === name)!;
  return parallelMigrations(timeline, subject, { fromMs: 5_000, untilMs: 100_000 });
}

const whole: [number, string][] = [
  [10_000, "Pending"],
  [11_000, "Scheduling"],
  [14_000, "Running"],
  [16_000, "moved"],
  [17_000, "Succeeded"],
];
const later = (ms: number) => whole.map(([at, phase]): [number, string] => [at + ms, phase]);

describe("migrations at once", () => {
  it("are counted from their node and in all", () => {
    const vmis = {
      one: { node: "a", phases: whole },
      two: { node: "a", phases: later(1_000) },
      three: { node: "b", phases: later(2_000) },
    };
    assert.deepEqual(parallelOf("one", vmis), { fromNode: 2, inAll: 3 });
    assert.deepEqual(parallelOf("three", vmis), { fromNode: 1, inAll: 3 });
  });

  it("are not those that wait for their turn, nor those that are over", () => {
    const vmis = { one: { node: "a", phases: whole }, two: { node: "a", phases: later(6_000) } };
    assert.deepEqual(parallelOf("one", vmis), { fromNode: 1, inAll: 1 });
  });

  it("leave a place on their node as soon as the VM runs on the other", () => {
    const vmis = { one: { node: "a", phases: whole }, two: { node: "a", phases: later(5_500) } };
    assert.deepEqual(parallelOf("one", vmis), { fromNode: 1, inAll: 2 });
  });

  it("are none where nothing migrates", () => {
    assert.equal(parallelOf("one", { one: { node: "a", phases: [] } }), null);
  });
});
