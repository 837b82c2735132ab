/** A subject's key taken apart: `pod/rs[1]#2.1` is a pod of the second incarnation of the replica set's first member. */
export interface Parts {
  kind: string;
  /** Of the VM, bare VMI or replica set. */
  name: string;
  /** Place among a replica set's members. */
  member: number | undefined;
  incarnation: number | undefined;
}

export function partsOf(subject: string): Parts {
  const [, kind = "", name = "", member, incarnation] =
    /^(\w+)\/(.+?)(?:\[(\d+)\])?(?:#(\d+))?(?:\.\d+)?$/.exec(subject) ?? [];
  return { kind, name, member: numberOf(member), incarnation: numberOf(incarnation) };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/**
 * How cause and effect belong together: parts of one VM in one incarnation (`same`), an incarnation and the one after
 * it (`next`), a node and what is on it (`node`).
 */
export type Link = "same" | "next" | "node";

/** Whether two subjects are linked so; `nodes` says where each was. */
export function linked(link: Link, cause: string, effect: string, nodes: Map<string, Set<string>>): boolean {
  if (link === "node") return nodes.get(effect)?.has(cause.slice("node/".length)) ?? false;
  const [a, b] = [partsOf(cause), partsOf(effect)];
  if (a.name !== b.name || (a.member !== undefined && b.member !== undefined && a.member !== b.member)) return false;
  if (link === "next") return a.incarnation !== undefined && b.incarnation === a.incarnation + 1;
  return a.incarnation === undefined || b.incarnation === undefined || a.incarnation === b.incarnation;
}
