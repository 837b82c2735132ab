import type { KubeEvent, KubeObject, Pod, VirtualMachineInstance } from "../../src/kube/objects.ts";

/**
 * Names by which the objects of two clusters are the same: incarnations count up (`vmi/always#2`), a replica set's
 * members and a VMI's pods and migrations go by the order of their creation (`vmi/rs[1]#1`, `pod/always#2.1`).
 */
export class Subjects {
  readonly #keys = new Map<string, string>();
  readonly #names = new Map<string, { name: string; uid: string }>();
  readonly #counts = new Map<string, number>();
  /** Latest VMI of each name. */
  readonly #instances = new Map<string, string>();
  readonly #members = new Map<string, string>();

  /** The object's key; undefined for what is not compared. */
  keyOf(resource: string, object: KubeObject): string | undefined {
    const { uid } = object.metadata;
    const known = this.#keys.get(uid);
    if (known !== undefined) return known;
    const key = this.#newKey(resource, object);
    if (key === undefined) return undefined;
    this.#keys.set(uid, key);
    this.#names.set(key, { name: object.metadata.name, uid });
    if (resource === "virtualmachineinstances") this.#instances.set(object.metadata.name, key);
    return key;
  }

  /** The key of the object that an event is about; undefined where that object is not compared. */
  keyOfInvolved({ involvedObject: { kind, name, uid } }: KubeEvent): string | undefined {
    if (kind === "Node") return `node/${roleOf(name)}`;
    // The taint manager knows no UIDs.
    if (uid === undefined || uid === "") return kind === "Pod" ? this.pod(name) : undefined;
    return this.#keys.get(uid);
  }

  /** The name that the object of that key has here. */
  find(key: string): { name: string; uid: string } | undefined {
    return this.#names.get(key);
  }

  /** The last object whose key is that prefix and a count. */
  latest(prefix: string): { name: string; uid: string } | undefined {
    return this.#names.get(`${prefix}${this.#counts.get(prefix) ?? 0}`);
  }

  /** The key of the latest VMI of that name. */
  instance(name: string): string | undefined {
    return this.#instances.get(name);
  }

  /** The key of the pod of that name. */
  pod(name: string): string | undefined {
    return [...this.#names].find(([key, found]) => key.startsWith("pod/") && found.name === name)?.[0];
  }

  #newKey(resource: string, object: KubeObject): string | undefined {
    const { name, namespace, labels = {} } = object.metadata;
    switch (resource) {
      case "nodes":
        return `node/${roleOf(name)}`;
      case "virtualmachines":
        return `vm/${name}`;
      case "virtualmachineinstancereplicasets":
        return `vmirs/${name}`;
      case "virtualmachineinstances":
        return this.#next(`vmi/${this.#stableName(object as VirtualMachineInstance)}#`);
      case "virtualmachineinstancemigrations": {
        const { vmiName } = (object as KubeObject & { spec: { vmiName: string } }).spec;
        const owner = this.#instances.get(vmiName)?.slice("vmi/".length) ?? vmiName;
        return this.#next(`migration/${owner}.`);
      }
      case "pods": {
        const owner = this.#keys.get(labels["kubevirt.io/created-by"] ?? "");
        if (owner !== undefined) return this.#next(`pod/${owner.slice("vmi/".length)}.`);
        const node = (object as Pod).spec.nodeName;
        const daemon = namespace === "kubevirt" && labels["kubevirt.io"] === "virt-handler" && node !== undefined;
        return daemon ? this.#next(`pod/virt-handler@${roleOf(node)}.`) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** A VM's VMI has its name; a replica set's member goes by its place among them. */
  #stableName({ metadata }: VirtualMachineInstance): string {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstanceReplicaSet");
    if (owner === undefined) return metadata.name;
    let member = this.#members.get(metadata.name);
    if (member === undefined) {
      member = `${this.#next(`${owner.name}[`)}]`;
      this.#members.set(metadata.name, member);
    }
    return member;
  }

  #next(prefix: string): string {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return `${prefix}${count}`;
  }
}

/** A node's name without its cluster's: `worker2`, `control-plane`. */
export function roleOf(node: string): string {
  return node.replace(/^.*?(?=control-plane|worker\d*$)/, "");
}
