import { z } from "zod";
import type { Victim } from "../faults/fault.ts";
import type { Node } from "../kube/objects.ts";
import { conditionTaint } from "../remedies/taints.ts";
import { redactObject } from "../observe/redact.ts";

/** Where the API server keeps objects of a kind: `Resource`, as it is read back. */
const resource = z.object({
  group: z.string(),
  version: z.string(),
  plural: z.string(),
  kind: z.string(),
  namespaced: z.boolean(),
});

/** What a fault's revert needs of a victim; the rest of its variant is kept as it is. */
const victim = z.object({
  variant: z.looseObject({ name: z.string(), manifests: z.array(z.looseObject({ kind: z.string() })) }),
  vmi: z.looseObject({ namespace: z.string(), name: z.string(), uid: z.string() }),
  node: z.string(),
});

/**
 * What puts one thing back, as plain data: it outlives the process that wrote it down, and does no harm where the
 * thing was never touched or is back already.
 */
export const undoStep = z.discriminatedUnion("do", [
  z.object({
    /** Deletes an object if it bears the run's mark, and waits until it is gone. */
    do: z.literal("delete"),
    resource,
    name: z.string(),
    namespace: z.string().optional(),
  }),
  z.object({
    do: z.literal("remove-taint"),
    node: z.string(),
    key: z.string(),
  }),
  z.object({
    /** Creates a node's object again where its kubelet has not done so, and gives it what it had and a kubelet does not know of. */
    do: z.literal("register-node"),
    node: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
    taints: z.array(z.object({ key: z.string(), value: z.string().optional(), effect: z.string() })).default([]),
    unschedulable: z.boolean().default(false),
  }),
  z.object({
    /** Writes back what an object said before; nothing where it is gone. */
    do: z.literal("merge-patch"),
    resource,
    name: z.string(),
    namespace: z.string().optional(),
    patch: z.record(z.string(), z.unknown()),
  }),
  z.object({
    do: z.literal("revert-fault"),
    fault: z.object({ name: z.string(), parameters: z.record(z.string(), z.unknown()) }),
    /** The user's file that declares the fault, absolute; null where Rebound's own scenarios do. */
    file: z.string().nullable(),
    victims: z.array(victim),
  }),
]);
export type UndoStep = z.infer<typeof undoStep>;

/** The step for a fault that is about to be injected into these victims; what of them is secret is left out. */
export function revertFault(
  { name, parameters }: { name: string; parameters: Record<string, unknown> },
  victims: Victim[],
  file: string | null,
): UndoStep {
  const kept = victims.map(({ variant, vmi, node }) => ({
    variant: { ...variant, manifests: variant.manifests.map((manifest) => redactObject(manifest)) },
    vmi: { ...vmi },
    node,
  }));
  return { do: "revert-fault", fault: { name, parameters }, file, victims: kept };
}

/** The step for a node whose object is about to be deleted. */
export function registerNode({ metadata, spec }: Node): UndoStep {
  const { name, labels = {}, annotations = {} } = metadata;
  const taints = (spec.taints ?? [])
    .filter(({ key }) => !conditionTaint.test(key))
    .map(({ key, value, effect }) => ({ key, ...(value !== undefined && { value }), effect }));
  return { do: "register-node", node: name, labels, annotations, taints, unschedulable: spec.unschedulable === true };
}

/** The step in words: what it puts back. */
export function titleOf(step: UndoStep): string {
  switch (step.do) {
    case "delete":
      return `${step.resource.kind.toLowerCase()} ${step.namespace === undefined ? "" : `${step.namespace}/`}${step.name}`;
    case "remove-taint":
      return `taint ${step.key} of node ${step.node}`;
    case "register-node":
      return `object of node ${step.node}`;
    case "merge-patch":
      return `what ${step.resource.kind} ${step.name} said`;
    case "revert-fault":
      return `fault ${step.fault.name} on ${aimOf(step.victims)}`;
  }
}

function aimOf(victims: { vmi: { namespace: string; name: string }; node: string }[]): string {
  const nodes = [...new Set(victims.map(({ node }) => node))];
  return victims.length === 0
    ? "nothing"
    : `${victims.map(({ vmi }) => `${vmi.namespace}/${vmi.name}`).join(", ")} (node ${nodes.join(", ")})`;
}

/** What one step may take, in milliseconds: a budget of its own, whatever the run has used up. */
export function budgetMs(step: UndoStep): number {
  // Real machines take minutes to boot, and VMs their grace to end.
  return step.do === "revert-fault" || step.do === "delete" ? 300_000 : 60_000;
}
