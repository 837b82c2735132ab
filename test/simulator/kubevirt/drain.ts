import type { Node, Pod } from "../../../src/kube/objects.ts";
import type { Lab } from "./lab.ts";

/** What a drain has come to. */
export interface DrainResult {
  /** Pods that are still there. */
  remaining: string[];
  /** What the API refused the last eviction of each with. */
  refusals: Map<string, string>;
  seconds: number;
}

/**
 * As `kubectl drain --ignore-daemonsets --delete-emptydir-data` does it: cordons, evicts every pod of the subjects,
 * asks again every 5 s where it is refused with 429, and waits until all are gone, or until `timeoutSeconds`.
 */
export async function drain(lab: Lab, node: string, timeoutSeconds: number): Promise<DrainResult> {
  const { store, world } = lab.simulation;
  store.mutate<Node>("nodes", undefined, node, (draft) => {
    draft.spec.unschedulable = true;
  });
  const pods = world.index.podsOn(node).filter(({ metadata }) => metadata.namespace === "lab");
  const started = lab.now;
  const nextTry = new Map(pods.map(({ metadata }) => [metadata.name, started]));
  const refusals = new Map<string, string>();
  const isThere = ({ metadata }: Pod) => store.get("pods", "lab", metadata.name)?.metadata.uid === metadata.uid;
  for (;;) {
    const remaining = pods.filter(isThere);
    const seconds = (lab.now - started) / 1000;
    if (remaining.length === 0 || seconds >= timeoutSeconds) {
      return { remaining: remaining.map(({ metadata }) => metadata.name), refusals, seconds };
    }
    for (const { metadata } of remaining) {
      if (lab.now < nextTry.get(metadata.name)!) continue;
      const answer = await evict(lab, metadata.name);
      const refused = answer.status === 429;
      if (refused) refusals.set(metadata.name, (answer.body as { message: string }).message);
      else if (answer.status !== 201 && answer.status !== 404) throw new Error(`eviction answered ${answer.status}`);
      nextTry.set(metadata.name, refused ? lab.now + 5_000 : Infinity);
    }
    lab.run(0.5);
  }
}

/** One eviction, as a client posts it. */
export function evict(lab: Lab, pod: string): Promise<{ status: number; body: unknown }> {
  return lab.request("POST", `/api/v1/namespaces/lab/pods/${pod}/eviction`, {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: pod, namespace: "lab" },
  });
}
