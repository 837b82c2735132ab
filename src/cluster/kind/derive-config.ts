import { isSeq, parseDocument, YAMLSeq } from "yaml";
import { UsageError } from "../../errors.ts";

/** What of the machine the configuration depends on. */
export interface HostFacts {
  cgroup: "v1" | "v2";
}

/** The kubelet refuses cgroup v1 since Kubernetes 1.35 unless it is told to bear it. */
const bearCgroupV1 = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nfailCgroupV1: false\n";

/**
 * The configuration that kind is given: the user's own, with the cluster's name and what depends on the machine.
 *
 * @param file what to call it in complaints
 * @throws UsageError where it is no configuration of a kind cluster
 */
export function deriveConfig(text: string, name: string, host: HostFacts, file: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new UsageError(`${file}: ${document.errors[0]!.message.split("\n", 1)[0]}`);
  const { kind = "missing" } = (document.toJS() ?? {}) as { kind?: string };
  if (kind !== "Cluster") throw new UsageError(`${file} is no kind configuration: its kind is ${kind}`);
  document.set("name", name);
  if (host.cgroup === "v1") {
    const patches = document.get("kubeadmConfigPatches") ?? new YAMLSeq();
    if (!isSeq(patches)) throw new UsageError(`${file}: kubeadmConfigPatches is not a list`);
    patches.add(document.createNode(bearCgroupV1));
    document.set("kubeadmConfigPatches", patches);
  }
  return document.toString();
}
