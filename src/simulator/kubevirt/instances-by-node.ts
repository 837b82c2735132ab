import type { KubeObject, VirtualMachineInstance } from "../../kube/objects.ts";
import type { Change, Store } from "../store.ts";
import { labels } from "./names.ts";

const resource = "virtualmachineinstances";

/** The VMIs of each node, by the label that virt-controller and virt-handler keep. */
export class InstancesByNode {
  readonly #store: Store;
  readonly #keys = new Map<string, Set<string>>();

  /** Calls `changed` with the node (that of before, where it is another) of every VMI that changes. */
  constructor(store: Store, changed: (node: string, vmi: VirtualMachineInstance, here: boolean) => void) {
    this.#store = store;
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
    const before = nodeOf(old);
    const now = verb === "DELETED" ? undefined : nodeOf(object);
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

function nodeOf(vmi: KubeObject | undefined): string | undefined {
  return vmi?.metadata.labels?.[labels.nodeName];
}
