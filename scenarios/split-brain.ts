import { experiment, forceDelete, kubeletStop, nodePartition, podDelete, vm, type VmOptions } from "rebound";

/** Those that are started again without anybody's asking whether they still run. */
const restarted = (options: VmOptions = {}) => [
  vm("always", { ...options, runStrategy: "Always" }),
  vm("rerun", { ...options, runStrategy: "RerunOnFailure" }),
];

/**
 * What a pod deleted by force costs where nobody made sure that its node is dead: the VM runs twice, and both write to
 * its disks. That the platform does as documented is green; that it happened is told with each judgement.
 */
export default [
  experiment({
    id: "split-brain-partition",
    title:
      "A VM whose node is only cut off runs twice once its pod is deleted by force, until the node is joined again",
    practices: ["node-shutdown"],
    fault: nodePartition(),
    observe: "120s",
    remedies: [forceDelete()],
    variants: restarted(),
  }),
  experiment({
    id: "split-brain-kubelet-stop",
    title:
      "A VM whose node has only lost its kubelet runs twice once its pod is deleted by force, for as long as its guest takes to end",
    practices: ["node-shutdown"],
    fault: kubeletStop(),
    observe: "120s",
    remedies: [forceDelete()],
    // virt-handler goes on, and tells the guest to shut down: one that obeys is gone before its successor serves.
    variants: restarted({ obeysAcpi: false, bootSeconds: 5 }),
  }),
  experiment({
    id: "split-brain-force-delete",
    title: "A VM whose pod is deleted by force runs twice for as long as its guest takes to end",
    fault: podDelete({ force: true }),
    variants: restarted({ obeysAcpi: false, bootSeconds: 5 }),
  }),
];
