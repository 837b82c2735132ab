import type { Condition } from "../../kube/objects.ts";

/**
 * The list with that condition set; the list itself where it already has that status and reason, whatever the message
 * (pkg/controller/conditions.go: UpdateCondition).
 */
export function withCondition(conditions: Condition[] | undefined, wanted: Condition): Condition[] {
  const present = conditions ?? [];
  const index = present.findIndex((candidate) => candidate.type === wanted.type);
  if (index < 0) return [...present, wanted];
  const old = present[index]!;
  if (old.status === wanted.status && old.reason === wanted.reason) return present;
  return present.with(index, wanted);
}

/** The list without conditions of that type. */
export function withoutCondition(conditions: Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((candidate) => candidate.type !== type);
}
