import type { Cluster } from "../cluster/cluster.ts";
import type { KubeObject, Node, Pod } from "../kube/objects.ts";
import { freeOn } from "../kube/pod-requests.ts";
import { kubeVirts, nodes, pods, storageClasses } from "../kube/resources.ts";
import type { Host, KubeVirtObject } from "../workload/hosting.ts";
import { takesVms } from "./victims.ts";

interface StorageClass extends KubeObject {
  provisioner?: string;
}

/** What makes volumes out of directories or disks of a node, by the names that they go by. */
const nodeLocal = [
  "docker.io/hostpath",
  "k8s.io/minikube-hostpath",
  "kubernetes.io/no-provisioner",
  "kubevirt.io.hostpath-provisioner",
  "local.csi.openebs.io",
  "microk8s.io/hostpath",
  "openebs.io/local",
  "rancher.io/local-path",
  "topolvm.io",
];

/**
 * Looks at what VMs find on the cluster. Of one that others use less is asked: what is free will not be what it was, and its
 * storage is taken for the network's.
 */
export async function surveyHost({ kube, description }: Pick<Cluster, "kube" | "description">): Promise<Host> {
  const isShared = description.provider === "existing";
  const [all, [kubeVirt], present, classes] = await Promise.all([
    kube.list<Node>(nodes),
    kube.list<KubeVirtObject>(kubeVirts),
    isShared ? [] : kube.list<Pod>(pods),
    isShared ? [] : kube.list<StorageClass>(storageClasses),
  ]);
  const workers = all.filter(takesVms).map((node) => ({ node, freeBytes: freeOn(node, present).get("memory") ?? 0 }));
  const standard = classes.find(isDefault);
  return { workers, kubeVirt, isShared, isStorageLocal: nodeLocal.includes(standard?.provisioner ?? "") };
}

function isDefault({ metadata }: StorageClass): boolean {
  return metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
}
