import type { KubeEvent, KubeObject } from "../kube/objects.ts";
import type { World } from "./world.ts";

/** What an event is about; some components name it without knowing its UID. */
export type Involved = Pick<KubeObject, "apiVersion" | "kind"> & {
  metadata: { name: string; namespace?: string; uid?: string };
};

/**
 * Records an Event about an object, as client-go's recorder does: the same event again raises `count`.
 * @param component e.g. `virtualmachine-controller`, `kubelet`; `host` its node, if it has one.
 * @param fieldPath the part of the object that is meant, e.g. `spec.containers{compute}`.
 * @param now when it happened, where it is told of later: a recorder keeps what it cannot send.
 */
export function recordEvent(
  world: World,
  about: Involved,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
  component: string,
  host?: string,
  fieldPath?: string,
  now = world.clock.stamp(),
): void {
  const namespace = about.metadata.namespace ?? "default";
  const id = world.random
    .uuid(
      "event",
      about.metadata.uid ?? about.metadata.name,
      type,
      reason,
      message,
      component,
      host ?? "",
      fieldPath ?? "",
    )
    .replaceAll("-", "");
  const name = `${about.metadata.name}.${id.slice(0, 16)}`;
  const again = world.store.mutate<KubeEvent>("events", namespace, name, (event) => {
    event.count = (event.count ?? 1) + 1;
    event.lastTimestamp = now;
  });
  if (again !== undefined) return;
  world.store.create<KubeEvent>("events", {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.metadata.name,
      ...(about.metadata.namespace !== undefined && { namespace: about.metadata.namespace }),
      ...(about.metadata.uid !== undefined && { uid: about.metadata.uid }),
      ...(fieldPath !== undefined && { fieldPath }),
    },
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    eventTime: null,
    source: { component, ...(host !== undefined && { host }) },
    reportingComponent: component,
    reportingInstance: host ?? "",
  });
}
