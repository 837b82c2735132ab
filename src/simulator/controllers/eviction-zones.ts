import { condition, type Node } from "../../kube/objects.ts";
import type { World } from "../world.ts";

type ZoneState = "normal" | "partial" | "full";

interface Zone {
  state: ZoneState;
  /** Nodes waiting for the taint that evicts, and its key. */
  waiting: Map<string, string>;
  /** When the next one may be tainted; never while eviction is off. */
  nextMs: number;
  perSecond: number;
}

/**
 * How fast the node lifecycle controller taints unhealthy nodes so that their pods are evicted: some per second in
 * a zone, fewer or none where most of the zone is unhealthy, none when all is (node_lifecycle_controller.go).
 */
export class EvictionZones {
  readonly #world: World;
  readonly #setNoExecute: (node: string, key: string | undefined) => void;
  readonly #zones = new Map<string, Zone>();
  #timer: { cancel(): void } | undefined;

  constructor(world: World, setNoExecute: (node: string, key: string | undefined) => void) {
    this.#world = world;
    this.#setNoExecute = setNoExecute;
  }

  /** The node is ready: nothing on it is to be evicted. */
  reachable(node: Node): void {
    this.#zone(node).waiting.delete(node.metadata.name);
    this.#setNoExecute(node.metadata.name, undefined);
  }

  /** The node is not ready: it is tainted when its turn comes; a change of kind is made at once. */
  unreachable(node: Node): void {
    const { name } = node.metadata;
    const unknown = condition(node, "Ready")?.status !== "False";
    const key = `node.kubernetes.io/${unknown ? "unreachable" : "not-ready"}`;
    const tainted = (node.spec.taints ?? []).filter(
      (taint) => taint.effect === "NoExecute" && /^node\.kubernetes\.io\/(unreachable|not-ready)$/.test(taint.key),
    );
    if (tainted.some((taint) => taint.key === key)) return;
    if (tainted.length > 0) this.#setNoExecute(name, key);
    else this.#zone(node).waiting.set(name, key);
  }

  /**
   * Judges every zone anew after a round of monitoring. True when not all is unhealthy any more: heartbeats
   * missed meanwhile do not count then.
   */
  update(nodes: Node[]): boolean {
    const before = [...this.#zones.values()];
    const allWereDown = before.length > 0 && before.every(({ state }) => state === "full");
    const members = new Map<Zone, Node[]>();
    for (const node of nodes) {
      const zone = this.#zone(node);
      members.set(zone, [...(members.get(zone) ?? []), node]);
    }
    for (const zone of this.#zones.values()) zone.state = stateOf(members.get(zone) ?? [], this.#world.settings);
    const allAreDown = nodes.length > 0 && [...members.keys()].every(({ state }) => state === "full");
    for (const [zone, inZone] of members) {
      this.#setRate(zone, allAreDown ? 0 : this.#rateOf(zone.state, inZone.length));
    }
    if (allAreDown && !allWereDown) for (const node of nodes) this.reachable(node);
    this.#taintSoon();
    return allWereDown && !allAreDown;
  }

  #rateOf(state: ZoneState, size: number): number {
    const { nodeEvictionRate, secondaryNodeEvictionRate, largeClusterSize } = this.#world.settings;
    if (state !== "partial") return nodeEvictionRate;
    return size > largeClusterSize ? secondaryNodeEvictionRate : 0;
  }

  #setRate(zone: Zone, perSecond: number): void {
    if (zone.perSecond === perSecond) return;
    zone.perSecond = perSecond;
    // Whoever had to wait under the old rate waits under the new one (rate_limited_queue.go: SwapLimiter).
    const now = this.#world.clock.now();
    if (perSecond === 0) zone.nextMs = Infinity;
    else zone.nextMs = zone.nextMs > now ? now + 1000 / perSecond : now;
  }

  #taintSoon(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = [...this.#zones.values()].filter((zone) => zone.waiting.size > 0);
    const dueMs = Math.min(...waiting.map((zone) => zone.nextMs));
    if (dueMs === Infinity) return;
    // Taints are set in rounds every 100 ms (scheduler.NodeEvictionPeriod).
    const { clock, random } = this.#world;
    const round = random.between(0, 100, "eviction round", Math.floor(clock.now() / 100));
    this.#timer = clock.schedule(Math.max(0, dueMs - clock.now()) + round, () => this.#taintDue());
  }

  #taintDue(): void {
    const now = this.#world.clock.now();
    for (const zone of this.#zones.values()) {
      const [first] = zone.waiting;
      if (first === undefined || zone.nextMs > now || !this.#world.up("kube-controller-manager")) continue;
      zone.waiting.delete(first[0]);
      zone.nextMs = now + 1000 / zone.perSecond;
      this.#setNoExecute(...first);
    }
    this.#taintSoon();
  }

  #zone(node: Node): Zone {
    const labels = node.metadata.labels ?? {};
    const name = `${labels["topology.kubernetes.io/region"] ?? ""}:${labels["topology.kubernetes.io/zone"] ?? ""}`;
    let zone = this.#zones.get(name);
    if (zone === undefined) {
      const perSecond = this.#world.settings.nodeEvictionRate;
      zone = { state: "normal", waiting: new Map(), nextMs: 0, perSecond };
      this.#zones.set(name, zone);
    }
    return zone;
  }
}

/** More than two unhealthy nodes that are most of a zone make it partly disrupted (ComputeZoneState). */
function stateOf(nodes: Node[], settings: World["settings"]): ZoneState {
  const unready = nodes.filter((node) => condition(node, "Ready")?.status !== "True").length;
  if (nodes.length > 0 && unready === nodes.length) return "full";
  return unready > 2 && unready / nodes.length >= settings.unhealthyZoneThreshold ? "partial" : "normal";
}
