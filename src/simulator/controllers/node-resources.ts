import type { Container, Node, Pod } from "../../kube/objects.ts";
import { quantityMilli, quantityValue } from "../../kube/quantity.ts";
import type { Change, Store } from "../store.ts";

/** Amounts by resource name: thousandths of a core for `cpu`, whole units for all else. */
export type Amounts = Map<string, number>;

/** What the scheduler sets aside for a pod: its containers' sum, or its largest init container if that is more. */
export function podRequests(pod: Pod): Amounts {
  const total: Amounts = new Map();
  for (const { resources } of pod.spec.containers) add(total, amounts(resources));
  const beside: Amounts = new Map();
  for (const container of (pod.spec["initContainers"] ?? []) as Container[]) {
    const own = amounts(container.resources);
    if (container["restartPolicy"] === "Always") add(beside, own);
    else
      for (const [name, amount] of own)
        total.set(name, Math.max(total.get(name) ?? 0, amount + (beside.get(name) ?? 0)));
  }
  add(total, beside);
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

/** Objects of the store never change, so what was read from one holds. */
const allocatable = new WeakMap<Node, Amounts>();

/** What the pods bound to nodes, and not finished, take up there; kept up with every change. */
export class NodeUsage {
  /** Those among them that others may not join, by UID. */
  readonly exclusive = new Map<string, Pod>();
  readonly #byNode = new Map<string, Amounts>();
  readonly #byPod = new Map<string, { node: string; requests: Amounts }>();

  constructor(store: Store) {
    for (const pod of store.list<Pod>("pods")) this.#count(pod);
    store.subscribe((change) => this.#update(change));
  }

  requestedOn(node: string, resource: string): number {
    return this.#byNode.get(node)?.get(resource) ?? 0;
  }

  #update({ verb, resource, object }: Change): void {
    if (resource !== "pods") return;
    if (verb === "DELETED") this.#forget(object.metadata.uid);
    else this.#count(object as Pod);
  }

  #count(pod: Pod): void {
    const { uid } = pod.metadata;
    const node = pod.spec.nodeName;
    if (!node || pod.status.phase === "Succeeded" || pod.status.phase === "Failed") {
      this.#forget(uid);
      return;
    }
    if (this.#byPod.has(uid)) return;
    const requests = podRequests(pod);
    this.#byPod.set(uid, { node, requests });
    if (pod.spec.affinity?.podAntiAffinity !== undefined) this.exclusive.set(uid, pod);
    let used = this.#byNode.get(node);
    if (used === undefined) this.#byNode.set(node, (used = new Map<string, number>()));
    add(used, requests);
  }

  #forget(uid: string): void {
    const entry = this.#byPod.get(uid);
    if (entry === undefined) return;
    this.#byPod.delete(uid);
    this.exclusive.delete(uid);
    const used = this.#byNode.get(entry.node)!;
    for (const [name, amount] of entry.requests) used.set(name, (used.get(name) ?? 0) - amount);
  }
}

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

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}
