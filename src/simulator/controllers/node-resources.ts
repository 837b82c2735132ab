import type { Pod } from "../../kube/objects.ts";
import { addAmounts, podRequests, type Amounts } from "../../kube/pod-requests.ts";
import type { Change, Store } from "../store.ts";

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
    addAmounts(used, requests);
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
