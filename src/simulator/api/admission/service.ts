import type { Service } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import type { AdmissionRequest } from "./admit.ts";

/** The API server's defaults (service-node-port-range; kubeadm's service subnet). */
const nodePorts = { first: 30_000, count: 2_768 };
const subnet = "10.96";

/** Services: the API's defaults, an address in the cluster, and a port of every node where one is asked for; they stay once given. */
export function admitService({ store, random }: World, service: Service, { old }: AdmissionRequest): Service {
  const before = (old as Service | undefined)?.spec;
  const { metadata } = service;
  const type = service.spec.type ?? "ClusterIP";
  const others = store.list<Service>("services").filter((each) => each.metadata.uid !== metadata.uid);
  const taken = new Set(others.flatMap(({ spec }) => (spec.ports ?? []).map(({ nodePort }) => nodePort)));

  const freePort = (port: number): number => {
    const drawn = Math.floor(
      random.between(0, nodePorts.count, "node port", `${metadata.namespace}/${metadata.name}`, port),
    );
    for (let step = 0; ; step++) {
      const candidate = nodePorts.first + ((drawn + step) % nodePorts.count);
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      return candidate;
    }
  };
  const exposed = type === "NodePort" || type === "LoadBalancer";
  const ports = (service.spec.ports ?? []).map((port) => {
    const known = before?.ports?.find((each) => each.port === port.port)?.nodePort;
    const nodePort = exposed ? { nodePort: port.nodePort ?? known ?? freePort(port.port) } : {};
    return { protocol: "TCP", targetPort: port.port, ...port, ...nodePort };
  });
  const part = (which: string): number =>
    Math.floor(random.between(1, 255, which, `${metadata.namespace}/${metadata.name}`));
  const clusterIP = before?.["clusterIP"] ?? `${subnet}.${part("third byte")}.${part("fourth byte")}`;
  return {
    ...service,
    spec: {
      sessionAffinity: "None",
      internalTrafficPolicy: "Cluster",
      ...(type !== "ExternalName" && { clusterIP }),
      ...service.spec,
      type,
      ports,
    },
  };
}
