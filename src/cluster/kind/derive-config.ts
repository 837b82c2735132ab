import { isSeq, parseDocument, stringify, YAMLSeq, type Document } from "yaml";
import { UsageError } from "../../errors.ts";

/** What of the engine's machine the configuration depends on. */
export interface HostFacts {
  cgroup: "v1" | "v2";
  memoryBytes: number | null;
}

/** What all nodes together may use of the machine's memory; the rest is the engine's, Rebound's, and the prober's. */
const nodesShare = 0.75;

/**
 * The configuration that kind is given: the user's own, with the cluster's name and what depends on the machine.
 *
 * @param file what to call it in complaints
 * @throws UsageError where it is no configuration of a kind cluster
 */
export function deriveConfig(text: string, name: string, host: HostFacts, file: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new UsageError(`${file}: ${document.errors[0]!.message.split("\n", 1)[0]}`);
  const { kind = "missing", nodes = [{}] } = (document.toJS() ?? {}) as { kind?: string; nodes?: unknown };
  if (kind !== "Cluster") throw new UsageError(`${file} is no kind configuration: its kind is ${kind}`);
  if (!Array.isArray(nodes)) throw new UsageError(`${file}: nodes is not a list`);
  document.set("name", name);
  // First, so that what the user says of the kubelet has the last word.
  patchesOf(document, file).items.unshift(document.createNode(stringify(kubeletOf(host, nodes.length))));
  return document.toString();
}

/**
 * What a node's kubelet is told. Every node of kind's sees the whole machine's memory, and kind switches eviction for
 * want of memory off (its evictionHard names others than memory.available): a node would fill up the machine before
 * it noticed. The threshold leaves each node its share, and so is what its pods can ask for bounded too.
 */
function kubeletOf({ cgroup, memoryBytes }: HostFacts, nodes: number): object {
  const share = memoryBytes === null ? null : Math.floor((memoryBytes * nodesShare) / nodes);
  return {
    kind: "KubeletConfiguration",
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    ...(share !== null && { evictionHard: { "memory.available": `${Math.ceil((memoryBytes! - share) / 2 ** 20)}Mi` } }),
    // The kubelet refuses cgroup v1 since Kubernetes 1.35 unless it is told to bear it.
    ...(cgroup === "v1" && { failCgroupV1: false }),
  };
}

function patchesOf(document: Document, file: string): YAMLSeq {
  const patches = document.get("kubeadmConfigPatches") ?? new YAMLSeq();
  if (!isSeq(patches)) throw new UsageError(`${file}: kubeadmConfigPatches is not a list`);
  document.set("kubeadmConfigPatches", patches);
  return patches;
}
