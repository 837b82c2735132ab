import type { Pod } from "../../kube/objects.ts";
import { endpointSlices } from "../../kube/resources.ts";
import type { EndpointSlice } from "../controllers/endpoint-slices.ts";
import type { World } from "../world.ts";

/** A VMI behind a Service, and the port at which it is asked. */
export interface ServedBy {
  vmiUid: string;
  vmiName: string;
  port: number;
}

/** Between two writings of a node's rules, in milliseconds (kube-proxy: iptables.minSyncPeriod). */
const leastSyncMs = 1_000;

/**
 * kube-proxy on a node where nothing is broken: where whoever comes to a Service through that node is sent. It follows
 * the endpoint slices as long as it reaches the API server.
 */
export class ServiceProxy {
  readonly #world: World;
  /** By the Service's UID. */
  readonly #rules = new Map<string, ServedBy[]>();
  readonly #changed = new Set<string>();
  readonly #listeners: ((serviceUid: string) => void)[] = [];
  #syncedMs = -Infinity;
  #isDue = false;

  constructor(world: World) {
    this.#world = world;
    world.store.subscribe(({ resource, object }) => {
      if (resource !== endpointSlices.plural) return;
      const service = object.metadata.ownerReferences?.find(({ kind }) => kind === "Service");
      if (service === undefined) return;
      this.#changed.add(service.uid);
      this.#plan();
    });
    world.onApiReachChange(() => this.#plan());
  }

  /** Those among whom it chooses by chance; nobody where it refuses. */
  behind(serviceUid: string): readonly ServedBy[] {
    return this.#rules.get(serviceUid) ?? [];
  }

  /** Calls back whenever others are behind a Service. */
  onChange(listener: (serviceUid: string) => void): void {
    this.#listeners.push(listener);
  }

  #plan(): void {
    const { clock, apiReachable, apiDelayMs } = this.#world;
    if (this.#isDue || !apiReachable || this.#changed.size === 0) return;
    this.#isDue = true;
    const waitMs = Math.max(0, this.#syncedMs + leastSyncMs - clock.now());
    clock.schedule(waitMs + apiDelayMs, () => this.#sync());
  }

  #sync(): void {
    this.#isDue = false;
    this.#syncedMs = this.#world.clock.now();
    const uids = [...this.#changed];
    this.#changed.clear();
    for (const uid of uids) {
      this.#rules.set(uid, this.#endpointsOf(uid));
      for (const listener of this.#listeners) listener(uid);
    }
  }

  /** The ready ones; where none is, those that still serve while they end (KEP-1669: ProxyTerminatingEndpoints). */
  #endpointsOf(serviceUid: string): ServedBy[] {
    const { store, index } = this.#world;
    const [slice] = index
      .dependentsOf(serviceUid)
      .flatMap(({ namespace, name }) => store.get<EndpointSlice>(endpointSlices.plural, namespace, name) ?? []);
    if (slice === undefined) return [];
    const port = slice.ports[0]?.port ?? 0;
    const ready = slice.endpoints.filter(({ conditions }) => conditions.ready);
    const ending = slice.endpoints.filter(({ conditions }) => conditions.serving && conditions.terminating);
    return (ready.length > 0 ? ready : ending).flatMap(({ targetRef: { namespace, name } }) => {
      const owners = store.get<Pod>("pods", namespace, name)?.metadata.ownerReferences ?? [];
      const vmi = owners.find(({ kind, controller }) => controller === true && kind === "VirtualMachineInstance");
      return vmi === undefined ? [] : [{ vmiUid: vmi.uid, vmiName: vmi.name, port }];
    });
  }
}
