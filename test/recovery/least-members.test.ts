import assert from "node:assert/strict";
import { buildTimeline } from "../../src/observe/timeline.ts";
import { leastMembers } from "../../src/recovery/least-members.ts";
import { Story } from "./story.ts";

const set = { kind: "VirtualMachineInstanceReplicaSet", name: "rs", uid: "rs", controller: true };

type Change = [ms: number, member: string, phase: string];

/** The fewest members that a set of two had between the fifth and the hundredth second. */
function leastOf(changes: Change[], ownerReferences: object[] = [set]): number | null {
  const story = new Story();
  for (const [ms, name, phase] of [[1_000, "a", "Running"], [1_000, "b", "Running"], ...changes] as Change[]) {
    story.event(ms, "virtualmachineinstances", {
      metadata: { uid: name, name, namespace: "lab", ownerReferences },
      spec: { domain: { devices: {} } },
      status: { phase, nodeName: "worker" },
    });
  }
  if (ownerReferences.length > 0) {
    const metadata = { uid: "rs", name: "rs", namespace: "lab" };
    story.event(900, "virtualmachineinstancereplicasets", {
      metadata,
      spec: { replicas: 2, template: { spec: { domain: { devices: {} } } } },
      status: {},
    });
  }
  const { subjects } = buildTimeline(story.journal());
  return leastMembers(
    subjects.find(({ name }) => name === (ownerReferences.length > 0 ? set.name : "a"))!,
    { fromMs: 5_000, untilMs: 100_000 },
  );
}

describe("the fewest members of a replica set", () => {
  it("are all of them where none ends", () => {
    assert.equal(leastOf([[20_000, "a", "Running"]]), 2);
  });

  it("are less for as long as one that ended is not replaced, whatever is there in the end", () => {
    assert.equal(
      leastOf([
        [20_000, "a", "Failed"],
        [21_000, "c", "Pending"],
      ]),
      1,
    );
  });

  it("are all where the other is there before the one ends, and outside the window nobody counts", () => {
    assert.equal(
      leastOf([
        [20_000, "c", "Pending"],
        [21_000, "a", "Failed"],
        [200_000, "b", "Failed"],
      ]),
      2,
    );
  });

  it("are not asked of what is no set", () => {
    assert.equal(leastOf([], []), null);
  });
});
