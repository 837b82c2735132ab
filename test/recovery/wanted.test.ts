import assert from "node:assert/strict";
import { buildTimeline } from "../../src/observe/timeline.ts";
import { isWantedUp } from "../../src/recovery/wanted.ts";
import { Story } from "./story.ts";

type Vmi = "none" | "Running" | "stopping" | "Succeeded" | "Failed" | "Failed, deleting";

function isWanted(strategy: string, vmi: Vmi, requests: string[] = [], runStrategy: string | null = strategy): boolean {
  const stateChangeRequests = requests.map((action) => ({ action }));
  const story = new Story().vm(1000, strategy, { stateChangeRequests, ...(runStrategy !== null && { runStrategy }) });
  const [phase = ""] = vmi.split(",");
  if (vmi === "stopping") story.vmi(1100, "old", "Running", { deleting: true });
  else if (vmi !== "none") story.vmi(1100, "old", phase, { deleting: vmi.includes("deleting") });
  const [subject] = buildTimeline(story.journal()).subjects;
  assert.ok(subject);
  return isWantedUp(subject, 2000);
}

describe("whether a VM is wanted up", () => {
  const vmis: Vmi[] = ["none", "Running", "stopping", "Succeeded", "Failed", "Failed, deleting"];
  const table: [string, Vmi[]][] = [
    ["Always", vmis],
    ["RerunOnFailure", ["Running", "Failed"]],
    ["Manual", ["Running"]],
    ["Once", ["none", "Running", "stopping", "Failed, deleting"]],
    ["Halted", []],
  ];
  for (const [strategy, wanted] of table) {
    it(`under ${strategy}, without a request: with VMI ${wanted.join("; ") || "never"}`, () => {
      assert.deepEqual(
        vmis.filter((vmi) => isWanted(strategy, vmi)),
        wanted,
      );
    });
  }

  it("under RerunOnFailure and Manual when a start is requested, whatever its VMI", () => {
    for (const vmi of vmis) {
      assert.equal(isWanted("RerunOnFailure", vmi, ["Start"]), true, vmi);
      assert.equal(isWanted("Manual", vmi, ["Stop", "Start"]), true, vmi);
    }
  });

  it("not under RerunOnFailure and Manual when only a stop is requested", () => {
    assert.equal(isWanted("RerunOnFailure", "Running", ["Stop"]), false);
    assert.equal(isWanted("Manual", "Running", ["Stop"]), false);
  });

  it("under RerunOnFailure when it never ran, but not once it has and is gone", () => {
    assert.equal(isWanted("RerunOnFailure", "none", [], null), true);
    assert.equal(isWanted("RerunOnFailure", "none"), false);
  });
});
