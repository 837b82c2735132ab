import fc from "fast-check";
import assert from "node:assert/strict";
import type { KubeObject } from "../../src/kube/objects.ts";
import { ObjectCache } from "../../src/observe/object-cache.ts";

const object = (name: string, uid: string, version: number): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, uid, namespace: "lab", resourceVersion: `${version}`, creationTimestamp: "" },
});

/** What is there at one time: objects of few names, so that two times share some. */
const state = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2"), fc.integer({ min: 1, max: 3 }))
    .map(([name, uid, version]) => object(name, `${name}${uid}`, version)),
  { selector: ({ metadata }) => metadata.name },
);

describe("the object cache", () => {
  it("tells the difference between two lists as changes that lead from one to the other, each UID with a life of its own", () => {
    fc.assert(
      fc.property(state, state, (before, after) => {
        const cache = new ObjectCache();
        cache.fill(before);
        const alive = new Map(before.map((item) => [item.metadata.uid, item]));
        for (const { verb, object } of cache.replace(after)) {
          const { uid } = object.metadata;
          assert.equal(alive.has(uid), verb !== "ADDED", `${verb} ${uid}`);
          if (verb === "DELETED") alive.delete(uid);
          else alive.set(uid, object);
        }
        const byUid = (items: Iterable<KubeObject>): string[] =>
          [...items].map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`).sort();
        assert.deepEqual(byUid(alive.values()), byUid(after));
        assert.deepEqual(cache.replace(after), [], "what is known already is no change");
      }),
    );
  });
});
