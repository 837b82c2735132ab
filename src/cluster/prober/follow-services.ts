import type { Node, Service } from "../../kube/objects.ts";
import { nodes, services } from "../../kube/resources.ts";
import type { KubeClient } from "../kube-client.ts";

/** The way of those who use what stands behind a Service: a port of a node where nothing is broken. */
export interface UserPlace {
  serviceUid: string;
  service: string;
  selector: Record<string, string>;
  /** Null while there is no such way. */
  way: { address: string; port: number } | null;
}

/**
 * Follows the Services of a namespace that have a port on every node, and a node to come to them by: one that is not to be
 * broken, and stays the same as long as it is there.
 */
export async function followServices(
  kube: KubeClient,
  namespace: string,
  awayFrom: readonly string[],
  onPlace: (place: UserPlace) => void,
): Promise<AsyncDisposable> {
  const known = new Map<string, Service>();
  const addresses = new Map<string, string>();
  let entry: string | null = null;

  const tell = ({ metadata, spec }: Service): void => {
    const address = entry === null ? undefined : addresses.get(entry);
    const port = spec.ports?.[0]?.nodePort;
    const way = address === undefined || port === undefined ? null : { address, port };
    onPlace({ serviceUid: metadata.uid, service: metadata.name, selector: spec.selector ?? {}, way });
  };

  const seeNode = (verb: string, { metadata: { name }, status }: Node): void => {
    const address = (status.addresses ?? []).find(({ type }) => type === "InternalIP")?.address;
    if (awayFrom.includes(name)) return;
    if (verb === "DELETED" || address === undefined) addresses.delete(name);
    else addresses.set(name, address);
    if (entry !== null && addresses.has(entry)) return;
    entry = [...addresses.keys()].toSorted()[0] ?? null;
    for (const service of known.values()) tell(service);
  };

  const seeService = (verb: string, service: Service): void => {
    const { uid } = service.metadata;
    if (verb === "DELETED") known.delete(uid);
    else known.set(uid, service);
    tell(verb === "DELETED" ? { ...service, spec: {} } : service);
  };

  const lost = (): void => {};
  const watches = [
    await kube.watch(nodes, { seen: (verb, object) => seeNode(verb, object as Node), lost }),
    await kube.watch(services, { seen: (verb, object) => seeService(verb, object as Service), lost }, { namespace }),
  ];
  return {
    [Symbol.asyncDispose]: async () => {
      for (const watch of watches) await watch[Symbol.asyncDispose]();
    },
  };
}
