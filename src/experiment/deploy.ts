import { ApiError } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Manifest } from "../kube/objects.ts";
import { namespaces, virtualMachines } from "../kube/resources.ts";
import type { JournalWriter } from "../observe/journal-writer.ts";
import { runLabel } from "../safety/undo-journal.ts";
import type { UndoStack } from "../safety/undo-stack.ts";
import { avoidNode, keepToNodes, pinToNode, preferNode } from "../workload/placement.ts";
import { resourceOf } from "../workload/resource-of.ts";
import type { Plan, PlannedVariant } from "./plan.ts";
import { provideImages } from "./provide-images.ts";
import { waitForRoomToBoot } from "./stagger.ts";
import type { Hearing } from "./steady-state.ts";

/**
 * Brings the images to the nodes, creates the experiment's namespace and everything its variants need, the victims with a preference for the
 * first of `nodes` where there is one, and starts the VMs that do not start by themselves.
 */
export async function deploy(
  plan: Plan,
  cluster: Cluster,
  journal: JournalWriter,
  undo: UndoStack,
  nodes: string[],
  hearing: Hearing,
  signal?: AbortSignal,
): Promise<void> {
  const { kube } = cluster;
  await provideImages(plan, cluster, journal, signal);
  await undo.push({ do: "delete", resource: namespaces, name: plan.namespace });
  await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: ownedBy(undo, { name: plan.namespace }) });
  const deployed: PlannedVariant[] = [];
  for (const variant of plan.variants) {
    if (variant.skip !== null) continue;
    await waitForRoomToBoot(plan, deployed, cluster, hearing, signal);
    const placed = place(variant, nodes);
    // What it needs goes first: a VM whose instance type does not exist yet is retried late.
    for (const manifest of placed.manifests.slice(1)) await apply(manifest, plan.namespace, cluster, journal, undo);
    if (variant.refused === true) {
      await applyInVain(placed, plan.namespace, cluster, journal);
      continue;
    }
    await apply(placed.manifests[0]!, plan.namespace, cluster, journal, undo);
    if (variant.runStrategy === "Manual") await start(variant, plan.namespace, cluster, journal);
    deployed.push(variant);
  }
}

/** Only what bears the run's mark is deleted after it: what was there before under that name is not. */
function ownedBy({ run }: UndoStack, metadata: Manifest["metadata"]): Manifest["metadata"] {
  return { ...metadata, labels: { ...metadata.labels, [runLabel]: run } };
}

function place(variant: PlannedVariant, nodes: string[]): PlannedVariant {
  const [node] = nodes;
  if (node === undefined) return variant;
  if (variant.pinned === true) return pinToNode(variant, node);
  if (variant.paired === true) return preferNode(keepToNodes(variant, nodes.slice(0, 2)), node);
  if (variant.elsewhere === true) return avoidNode(variant, node);
  return variant.role === "victim" ? preferNode(variant, node) : variant;
}

async function apply(
  manifest: Manifest,
  namespace: string,
  { kube }: Cluster,
  journal: JournalWriter,
  undo: UndoStack,
): Promise<void> {
  const resource = resourceOf(manifest);
  const name = manifest.metadata.name!;
  // What lies in the namespace goes with it.
  if (!resource.namespaced) await undo.push({ do: "delete", resource, name });
  const metadata = resource.namespaced ? { ...manifest.metadata, namespace } : ownedBy(undo, manifest.metadata);
  const object = { ...manifest, metadata };
  journal.append({ kind: "action", name: "apply", phase: "start", object });
  await kube.create(object);
  journal.append({
    kind: "action",
    name: "apply",
    phase: "end",
    object: { kind: manifest.kind, metadata: { name, namespace } },
  });
}

/** Asks for what is known to be refused; the journal says what was answered. Where it is accepted, it runs. */
async function applyInVain(
  { name: variant, manifests: [manifest] }: PlannedVariant,
  namespace: string,
  { kube }: Cluster,
  journal: JournalWriter,
): Promise<void> {
  const object = { ...manifest!, metadata: { ...manifest!.metadata, namespace } };
  journal.append({ kind: "action", name: "apply", phase: "start", variant, object });
  const refusal = await kube.create(object).then(
    () => null,
    (error: unknown) => {
      if (!(error instanceof ApiError) || error.code >= 500) throw error;
      return `refused: ${error.message}`;
    },
  );
  const { kind, metadata } = object;
  const told = { kind, metadata: { name: metadata.name, namespace } };
  journal.append({ kind: "action", name: "apply", phase: "end", variant, object: told, result: refusal ?? "accepted" });
}

async function start(
  variant: PlannedVariant,
  namespace: string,
  { kube }: Cluster,
  journal: JournalWriter,
): Promise<void> {
  const args = ["start", variant.name];
  journal.append({ kind: "action", name: "virtctl", phase: "start", args });
  await kube.subresource(virtualMachines.plural, namespace, variant.name, "start");
  journal.append({ kind: "action", name: "virtctl", phase: "end", args, result: "accepted" });
}
