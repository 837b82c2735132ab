import assert from "node:assert/strict";
import { latePods, type PodLike } from "../../../src/cluster/kind/late-pods.ts";

describe("what KubeVirt waits for", () => {
  const pod = (status: PodLike["status"]): PodLike => ({ metadata: { name: "virt-api-1" }, ...(status && { status }) });
  const container = { ready: false, image: "quay.io/kubevirt/virt-api:v1.9.0", restartCount: 0 };

  for (const [says, status] of [
    [
      "cannot get its image quay.io/kubevirt/virt-api:v1.9.0: `kind load docker-image` brings it in",
      { containerStatuses: [{ ...container, state: { waiting: { reason: "ImagePullBackOff" } } }] },
    ],
    [
      "keeps crashing (Error, exit code 2): too few inotify instances, see `rebound cluster doctor`",
      {
        containerStatuses: [
          {
            ...container,
            state: { waiting: { reason: "CrashLoopBackOff", message: "too many open files" } },
            lastState: { terminated: { reason: "Error", exitCode: 2 } },
          },
        ],
      },
    ],
    [
      "has no node (0/4 nodes are available)",
      { conditions: [{ type: "PodScheduled", status: "False", message: "0/4 nodes are available" }] },
    ],
    [
      "is at ContainerCreating",
      { containerStatuses: [{ ...container, state: { waiting: { reason: "ContainerCreating" } } }] },
    ],
    ["runs and is not ready yet", { phase: "Running", containerStatuses: [container] }],
  ] as [string, PodLike["status"]][]) {
    it(`is told: it ${says}`, () => assert.deepEqual(latePods([pod(status)]), [`virt-api-1 ${says}`]));
  }

  it("is nothing where all pods are ready or done", () => {
    const ready = pod({ phase: "Running", conditions: [{ type: "Ready", status: "True" }] });
    assert.deepEqual(latePods([ready, pod({ phase: "Succeeded" })]), []);
  });
});
