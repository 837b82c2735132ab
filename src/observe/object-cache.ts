import type { KubeObject } from "../kube/objects.ts";

/** A change as a watch reports it. */
export interface ObjectChange {
  verb: "ADDED" | "MODIFIED" | "DELETED";
  object: KubeObject;
}

/**
 * What a watch knows to be there, by namespace and name. An object of the same name with another UID is
 * another object: the old one was deleted, whether or not anybody saw it.
 */
export class ObjectCache {
  #objects = new Map<string, KubeObject>();

  /** Takes the first list; returns it. */
  fill(items: KubeObject[]): KubeObject[] {
    this.#objects = new Map(items.map((item) => [keyOf(item), item]));
    return items;
  }

  /** Takes what is there now; returns how it differs, deletions first. */
  replace(items: KubeObject[]): ObjectChange[] {
    const present = new Map(items.map((item) => [keyOf(item), item]));
    const deleted = [...this.#objects.entries()].filter(
      ([key, old]) => present.get(key)?.metadata.uid !== old.metadata.uid,
    );
    const changes = deleted.flatMap(([, old]) => this.apply("DELETED", old));
    for (const item of items) {
      const old = this.#objects.get(keyOf(item));
      if (old?.metadata.resourceVersion !== item.metadata.resourceVersion)
        changes.push(...this.apply("MODIFIED", item));
    }
    return changes;
  }

  /** Takes one event of a stream; returns what it amounts to. */
  apply(verb: ObjectChange["verb"], object: KubeObject): ObjectChange[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    const replaced = old !== undefined && old.metadata.uid !== object.metadata.uid;
    const changes: ObjectChange[] = replaced ? [{ verb: "DELETED", object: old }] : [];
    if (verb === "DELETED") {
      this.#objects.delete(key);
      return [...changes, { verb, object }];
    }
    this.#objects.set(key, object);
    return [...changes, { verb: old === undefined || replaced ? "ADDED" : "MODIFIED", object }];
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
