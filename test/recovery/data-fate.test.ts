import assert from "node:assert/strict";
import type { VmiSpec } from "../../src/kube/objects.ts";
import type { Answer, Incarnation, SubjectTimeline } from "../../src/observe/timeline.ts";
import { dataFateOf } from "../../src/recovery/data-fate.ts";
import type { Reading } from "../../src/recovery/outcome.ts";

const window = { fromMs: 1_000, untilMs: 9_000 };
const spec: VmiSpec = {
  domain: { devices: {} },
  volumes: [
    { name: "root", containerDisk: { image: "guest" } },
    { name: "copy", ephemeral: { persistentVolumeClaim: { claimName: "base" } } },
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
  ],
};

function incarnation(uid: string, ...told: [atMs: number, marker: string | null, ok?: boolean][]): Incarnation {
  const answers = told.map(([atMs, marker, ok = true]): Answer => ({
    atMs,
    askedMs: atMs,
    lastOfPreviousMs: null,
    ok,
    bootId: "boot",
    marker,
  }));
  return { uid, name: "web", spec, states: [], answers, notices: [], pods: [], migrations: [] };
}

/** What became of the data of a VM whose guest serves at the end, unless it is said not to. */
function fate(incarnations: Incarnation[], { serves = true, kind = "VirtualMachine" } = {}) {
  const subject = { kind, incarnations } as SubjectTimeline;
  const good = serves ? { low: 5_000, high: 5_100 } : null;
  const reading = { good, first: incarnations.slice(0, 1), last: incarnations.slice(-1) } as Reading;
  return dataFateOf(subject, reading, window);
}

describe("what became of a guest's data", () => {
  it("is kept where the marker is the same, in the same VMI or another", () => {
    assert.equal(fate([incarnation("one", [500, "root/a"], [2_000, null, false], [5_000, "root/a"])]), "kept");
    assert.equal(fate([incarnation("one", [500, "data/a"]), incarnation("two", [5_000, "data/a"])]), "kept");
    assert.equal(fate([incarnation("one", [500, "root/a"])]), "kept", "it went on answering");
  });

  it("is lost by design where the marker was on what lives with the VMI", () => {
    assert.equal(fate([incarnation("one", [500, "root/a"]), incarnation("two", [5_000, "root/b"])]), "lost-by-design");
    assert.equal(fate([incarnation("one", [500, "copy/a"]), incarnation("two", [5_000, "copy/b"])]), "lost-by-design");
  });

  it("is lost where the marker was on what should have outlived it, or nobody knows on what", () => {
    assert.equal(fate([incarnation("one", [500, "data/a"]), incarnation("two", [5_000, "data/b"])]), "lost");
    assert.equal(fate([incarnation("one", [500, "other/a"]), incarnation("two", [5_000, "other/b"])]), "lost");
  });

  it("is unknown without a marker before and after, and of a guest that does not serve", () => {
    assert.equal(fate([incarnation("one", [500, null]), incarnation("two", [5_000, "root/b"])]), "unknown");
    assert.equal(fate([incarnation("one", [500, "root/a"]), incarnation("two", [5_000, null])]), "unknown");
    assert.equal(fate([incarnation("one", [500, "root/a"]), incarnation("two")]), "unknown");
    assert.equal(fate([incarnation("one", [500, "root/a"], [2_000, null, false])], { serves: false }), "unknown");
  });

  it("is unknown of a replica set, whose guests stand in for one another", () => {
    const members = [incarnation("one", [500, "root/a"]), incarnation("two", [5_000, "root/b"])];
    assert.equal(fate(members, { kind: "VirtualMachineInstanceReplicaSet" }), "unknown");
  });
});
