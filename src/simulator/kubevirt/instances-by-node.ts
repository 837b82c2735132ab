import type { VirtualMachineInstance } from "../../kube/objects.ts";
import type { Change, Store } from "../store.ts";
const resource = "virtualmachineinstances";

/** The VMIs of each node, by a label that virt-controller and virt-handler keep: where they run, or migrate to. */
export class InstancesByNode {
  readonly #store: Store;
  readonly #label: string;
  readonly #keys = new Map<string, Set<string>>();

  /** Calls `changed` with the node (that of before, where it is another) of every VMI that changes. */
  constructor(
    store: Store,
    label: string,
    changed: (node: string, vmi: VirtualMachineInstance, here: boolean) => void,
  ) {
    this.#store = store;
    this.#label = label;
    store.subscribe((change) => {
      if (change.resource === resource) this.#update(change, changed);
    });
  }

  /** The VMIs of that node, in the order they came to it. */
  on(node: string): VirtualMachineInstance[] {
    return [...(this.#keys.get(node) ?? [])].flatMap((key) => {
      const [namespace, name] = key.split("/") as [string, string];
      return this.#store.get<VirtualMachineInstance>(resource, namespace, name) ?? [];
    });
  }

  #update(
    { verb, object, old }: Change,
    changed: (node: string, vmi: VirtualMachineInstance, here: boolean) => void,
  ): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const before = old?.metadata.labels?.[this.#label];
    const now = verb === "DELETED" ? undefined : object.metadata.labels?.[this.#label];
    if (before !== undefined && before !== now) {
      this.#keys.get(before)?.delete(key);
      changed(before, object as VirtualMachineInstance, false);
    }
    if (now === undefined) return;
    const here = this.#keys.get(now) ?? new Set();
    this.#keys.set(now, here.add(key));
    changed(now, object as VirtualMachineInstance, true);
  }
}
