import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { withEmulation } from "../../../src/cluster/kind/kubevirt-install.ts";
import { latePods, type PodLike } from "../../../src/cluster/kind/late-pods.ts";

const resource = `apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: { name: kubevirt, namespace: kubevirt }
spec:
  configuration:
    developerConfiguration: { featureGates: [Snapshot] }
`;

describe("KubeVirt's own resource", () => {
  const configurationOf = (text: string) =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as { kind: string; spec?: { configuration: object } })
      .find(({ kind }) => kind === "KubeVirt")?.spec?.configuration;

  it("is left as it is where there is KVM", () => {
    assert.equal(withEmulation(resource, false), resource);
  });

  it("asks for emulation where there is none, and keeps the rest", () => {
    assert.deepEqual(configurationOf(withEmulation(resource, true)), {
      developerConfiguration: { featureGates: ["Snapshot"], useEmulation: true },
    });
    const bare = "kind: Namespace\n---\nkind: KubeVirt\n";
    assert.deepEqual(configurationOf(withEmulation(bare, true)), { developerConfiguration: { useEmulation: true } });
  });

  it("must be there", () => {
    assert.throws(() => withEmulation("kind: Pod\n", true), /kubevirt-cr\.yaml has no object of kind KubeVirt/);
  });
});

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
