import type { KubeObject, Node, Pod } from "../../kube/objects.ts";
import { matchesLabels, requirementsOf, type LabelSelector } from "../../kube/selector.ts";
import type { World } from "../world.ts";

interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  topologyKey: string;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
}

interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[];
}

/** A term of the pod to place, and the values of its topology key under which pods that it selects run already. */
interface Placed {
  term: PodAffinityTerm;
  domains: Map<string, number>;
}

/**
 * Pod affinity and anti-affinity of one pod to be placed, worked out once against all that runs
 * (pkg/scheduler/framework/plugins/interpodaffinity).
 */
export class PodAffinityCheck {
  readonly #required: Placed[];
  readonly #forbidden: Placed[];
  readonly #preferred: (Placed & { weight: number })[];
  /** Domains closed by the anti-affinity of pods that run there, by topology key. */
  readonly #closed = new Map<string, Set<string>>();
  readonly #selectsItself: boolean;

  /** @param exclusive bound pods with anti-affinity of their own. */
  constructor(world: World, pod: Pod, nodes: readonly Node[], exclusive: Iterable<Pod>) {
    const affinity = (pod.spec.affinity?.podAffinity ?? {}) as PodAffinity;
    const anti = (pod.spec.affinity?.podAntiAffinity ?? {}) as PodAffinity;
    const place = (term: PodAffinityTerm): Placed => ({ term, domains: domainsOf(world, pod, term, nodes) });
    this.#required = (affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(place);
    this.#forbidden = (anti.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(place);
    const weigh = (from: PodAffinity, sign: number): (Placed & { weight: number })[] =>
      (from.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
        ...place(podAffinityTerm),
        weight: weight * sign,
      }));
    this.#preferred = [...weigh(affinity, 1), ...weigh(anti, -1)];
    this.#selectsItself = this.#required.every(({ term }) => selects(world, term, pod, pod));
    for (const other of exclusive) this.#close(world, pod, other);
  }

  /** Why the pod may not run on that node, or undefined. */
  refusal(node: Node): string | undefined {
    const labels = node.metadata.labels ?? {};
    // The first of a group of pods that want to be together may start anywhere.
    const first = this.#selectsItself && this.#required.every(({ domains }) => domains.size === 0);
    if (!first && this.#required.some(({ term, domains }) => !domains.has(labels[term.topologyKey] ?? ""))) {
      return "node(s) didn't match pod affinity rules";
    }
    if (this.#forbidden.some(({ term, domains }) => domains.has(labels[term.topologyKey] ?? ""))) {
      return "node(s) didn't match pod anti-affinity rules";
    }
    for (const [key, values] of this.#closed) {
      if (values.has(labels[key] ?? "")) return "node(s) didn't satisfy existing pods anti-affinity rules";
    }
    return undefined;
  }

  /** The preferences met on that node less those violated, weighted. */
  score(node: Node): number {
    let sum = 0;
    for (const { term, domains, weight } of this.#preferred) {
      sum += weight * (domains.get(node.metadata.labels?.[term.topologyKey] ?? "") ?? 0);
    }
    return sum;
  }

  #close(world: World, pod: Pod, other: Pod): void {
    const node = world.store.get<Node>("nodes", undefined, other.spec.nodeName ?? "");
    const anti = other.spec.affinity?.podAntiAffinity as PodAffinity | undefined;
    for (const term of anti?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      const domain = node?.metadata.labels?.[term.topologyKey];
      if (domain === undefined || !selects(world, term, other, pod)) continue;
      let values = this.#closed.get(term.topologyKey);
      if (values === undefined) this.#closed.set(term.topologyKey, (values = new Set()));
      values.add(domain);
    }
  }
}

function domainsOf(world: World, pod: Pod, term: PodAffinityTerm, nodes: readonly Node[]): Map<string, number> {
  const domains = new Map<string, number>();
  for (const node of nodes) {
    const domain = node.metadata.labels?.[term.topologyKey];
    if (domain === undefined) continue;
    for (const other of world.index.podsOn(node.metadata.name)) {
      if (!hasEnded(other) && selects(world, term, pod, other)) domains.set(domain, (domains.get(domain) ?? 0) + 1);
    }
  }
  return domains;
}

/** Whether `candidate` is one of the pods that a term of `owner` speaks of. */
function selects(world: World, term: PodAffinityTerm, owner: Pod, candidate: Pod): boolean {
  if (term.labelSelector === undefined) return false;
  const { namespace } = candidate.metadata;
  const byName = (term.namespaces ?? []).includes(namespace ?? "");
  const bySelector =
    term.namespaceSelector !== undefined &&
    matchesLabels(
      requirementsOf(term.namespaceSelector),
      world.store.get<KubeObject>("namespaces", undefined, namespace ?? "")?.metadata.labels ?? {},
    );
  const own =
    !term.namespaces?.length && term.namespaceSelector === undefined && namespace === owner.metadata.namespace;
  if (!byName && !bySelector && !own) return false;
  return matchesLabels(requirementsOf(term.labelSelector), candidate.metadata.labels);
}

function hasEnded(pod: Pod): boolean {
  return pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
}
