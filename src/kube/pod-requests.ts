import type { Container, Node, Pod } from "./objects.ts";
import { quantityMilli, quantityValue } from "./quantity.ts";

/** Amounts by resource name: thousandths of a core for `cpu`, whole units for all else. */
export type Amounts = Map<string, number>;

/** What the scheduler sets aside for a pod: its containers' sum, or its largest init container if that is more, and what its runtime adds. */
export function podRequests(pod: Pod): Amounts {
  const total: Amounts = new Map();
  for (const { resources } of pod.spec.containers) addAmounts(total, amounts(resources));
  const beside: Amounts = new Map();
  for (const container of (pod.spec["initContainers"] ?? []) as Container[]) {
    const own = amounts(container.resources);
    if (container["restartPolicy"] === "Always") addAmounts(beside, own);
    else
      for (const [name, amount] of own)
        total.set(name, Math.max(total.get(name) ?? 0, amount + (beside.get(name) ?? 0)));
  }
  addAmounts(total, beside);
  addAmounts(total, amounts({ requests: (pod.spec["overhead"] ?? {}) as Record<string, string> }));
  total.set("pods", 1);
  return total;
}

/** What the node has for pods. */
export function allocatableOf(node: Node): Amounts {
  let found = allocatable.get(node);
  if (found !== undefined) return found;
  found = new Map();
  for (const [name, quantity] of Object.entries(node.status.allocatable ?? {})) {
    found.set(name, measure(name, quantity));
  }
  allocatable.set(node, found);
  return found;
}

/** Objects that were read are not changed, so what was read from one holds. */
const allocatable = new WeakMap<Node, Amounts>();

function amounts(resources: Container["resources"]): Amounts {
  const found: Amounts = new Map();
  // A limit without a request is a request too.
  for (const [name, quantity] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
    found.set(name, measure(name, quantity));
  }
  return found;
}

function measure(name: string, quantity: string): number {
  return name === "cpu" ? quantityMilli(quantity) : quantityValue(quantity);
}

/** What pods have left of a node's allocatable: those that have ended ask for nothing any more. */
export function freeOn(node: Node, pods: readonly Pod[]): Amounts {
  const free: Amounts = new Map(allocatableOf(node));
  for (const { spec, status, ...pod } of pods) {
    if (spec.nodeName !== node.metadata.name || status.phase === "Succeeded" || status.phase === "Failed") continue;
    addAmounts(free, negative(podRequests({ ...pod, spec, status })));
  }
  return free;
}

export function negative(amounts: Amounts): Amounts {
  return new Map([...amounts].map(([resource, amount]) => [resource, -amount]));
}

/** Adds what is in `more`, resource by resource. */
export function addAmounts(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}
