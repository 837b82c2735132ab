import type { Node, Pod } from "../../kube/objects.ts";
import { matchesNodeAffinity } from "../../kube/node-affinity.ts";
import { untolerated } from "../../kube/tolerations.ts";
import type { SimulatedMachine } from "./machine.ts";

/**
 * Why a kubelet refuses a pod that has come to it, or undefined. It asks anew for every pod when it starts, even for
 * those whose containers run: first for devices, then what a scheduler asks (pkg/kubelet/kubelet.go: admitHandlers;
 * cm/devicemanager; lifecycle/predicate.go: generalFilter).
 */
export function rejection(
  pod: Pod,
  node: Node | undefined,
  machine: SimulatedMachine,
): { reason: string; message: string } | undefined {
  for (const container of pod.spec.containers) {
    if (machine.processes.has(`${pod.metadata.uid}/${container.name}`)) continue;
    const wanted = { ...container.resources?.requests, ...container.resources?.limits };
    const missing = Object.keys(wanted).find((name) => isDevice(name) && !machine.devices.has(name));
    if (missing === undefined) continue;
    const why = `Allocate failed due to no healthy devices present; cannot allocate unhealthy devices ${missing}, which is unexpected`;
    return { reason: "UnexpectedAdmissionError", message: why };
  }
  if (node !== undefined && !matchesNodeAffinity(pod, node)) {
    return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  }
  if (node !== undefined && untolerated(pod, node.spec.taints ?? [], ["NoExecute"]) !== undefined) {
    return predicate("TaintToleration", "node(s) had untolerated taint(s)");
  }
  return undefined;
}

/** Extended resources have a domain of their own. */
function isDevice(resource: string): boolean {
  return resource.includes("/") && !resource.startsWith("kubernetes.io/");
}

function predicate(name: string, why: string): { reason: string; message: string } {
  return { reason: name, message: `Predicate ${name} failed: ${why}` };
}
