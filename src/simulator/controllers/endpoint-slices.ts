import { condition, type KubeObject, type Pod, type Service } from "../../kube/objects.ts";
import { endpointSlices } from "../../kube/resources.ts";
import { WorkQueue } from "../controller.ts";
import { same } from "../frozen.ts";
import type { World } from "../world.ts";

/** Where a Service leads to. */
export interface EndpointSlice extends KubeObject {
  addressType: "IPv4";
  endpoints: Endpoint[];
  ports: { name: string; port: number; protocol: string }[];
}

export interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  nodeName: string;
  targetRef: { kind: "Pod"; namespace: string; name: string; uid: string };
}

const resource = endpointSlices.plural;
const serviceName = "kubernetes.io/service-name";

/**
 * The endpoint slice controller (pkg/controller/endpointslice): the pods that a Service selects, each with whether it is
 * Ready. A hundred endpoints would fill a slice: here one is enough.
 */
export function startEndpointSlices(world: World): void {
  const { store } = world;
  const queue = new WorkQueue(world, "endpoint slices", "kube-controller-manager", (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const service = store.get<Service>("services", namespace, name);
    if (service !== undefined && service.metadata.deletionTimestamp === undefined) keep(service);
  });

  store.subscribe(({ verb, resource: changed, object, old }) => {
    const { namespace, name, labels } = object.metadata;
    if (changed === "services" && verb !== "DELETED") queue.add(`${namespace}/${name}`);
    if (changed !== "pods") return;
    for (const { metadata, spec } of store.list<Service>("services", namespace)) {
      if (selects(spec, labels) || selects(spec, old?.metadata.labels)) queue.add(`${namespace}/${metadata.name}`);
    }
  });

  function keep({ apiVersion, kind, metadata, spec }: Service): void {
    const { namespace, name, uid } = metadata;
    const found = store
      .list<EndpointSlice>(resource, namespace)
      .find((slice) => slice.metadata.labels?.[serviceName] === name);
    // What selects nothing is somebody else's to fill.
    if (spec.selector === undefined) return;
    const pods = store.list<Pod>("pods", namespace).filter((pod) => selects(spec, pod.metadata.labels));
    const endpoints = pods.flatMap((pod) => endpointOf(pod, spec.publishNotReadyAddresses === true));
    const ports = (spec.ports ?? []).map(({ name: port = "", port: own, targetPort, protocol = "TCP" }) => ({
      name: port,
      port: Number(targetPort ?? own),
      protocol,
    }));
    if (found === undefined) {
      store.create<EndpointSlice>(resource, {
        apiVersion: "discovery.k8s.io/v1",
        kind: endpointSlices.kind,
        metadata: {
          generateName: `${name}-`,
          namespace: namespace!,
          labels: { [serviceName]: name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" },
          ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
        },
        addressType: "IPv4",
        endpoints,
        ports,
      });
    } else if (!same(found.endpoints, endpoints) || !same(found.ports, ports)) {
      store.mutate<EndpointSlice>(resource, namespace, found.metadata.name, (draft) => {
        draft.endpoints = endpoints;
        draft.ports = ports;
      });
    }
  }
}

function selects({ selector }: Service["spec"], labels: Record<string, string> = {}): boolean {
  return selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** A pod that has ended, or has no address yet, is no endpoint (staging/src/k8s.io/endpointslice: ShouldPodBeInEndpoints, podToEndpoint). */
function endpointOf(pod: Pod, isAlwaysReady: boolean): Endpoint[] {
  const { metadata, spec, status } = pod;
  const hasEnded = status.phase === "Succeeded" || status.phase === "Failed";
  if (hasEnded || status.podIP === undefined || spec.nodeName === undefined) return [];
  const serving = condition(pod, "Ready")?.status === "True";
  const terminating = metadata.deletionTimestamp !== undefined;
  return [
    {
      addresses: [status.podIP],
      conditions: { ready: isAlwaysReady || (serving && !terminating), serving, terminating },
      nodeName: spec.nodeName,
      targetRef: { kind: "Pod", namespace: metadata.namespace!, name: metadata.name, uid: metadata.uid },
    },
  ];
}
