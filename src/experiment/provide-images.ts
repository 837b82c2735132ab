import type { Cluster } from "../cluster/cluster.ts";
import type { ActionEntry } from "../observe/journal.ts";
import type { JournalWriter } from "../observe/journal-writer.ts";
import { imagesOf } from "../workload/images.ts";
import type { Plan, PlannedVariant } from "./plan.ts";

/** What a journal calls it that an image of a variant could not be brought to the nodes beforehand. */
const actionName = "image-not-provided";

/**
 * Brings what the VMs boot from to the nodes, so that no time to recover contains a pull. The journal says which images
 * are left to the nodes, and why.
 */
export async function provideImages(
  plan: Plan,
  { provideImages }: Pick<Cluster, "provideImages">,
  journal: JournalWriter,
  signal?: AbortSignal,
): Promise<void> {
  if (provideImages === undefined) return;
  const wanted = plan.variants
    .filter(({ skip, refused }) => skip === null && refused !== true)
    .map((variant) => ({ variant: variant.name, images: imagesOf(variant) }));
  const lacks = await provideImages([...new Set(wanted.flatMap(({ images }) => images))], signal);
  for (const { variant, images } of wanted) {
    for (const { image, reason } of lacks.filter((lack) => images.includes(lack.image))) {
      journal.append({ kind: "action", name: actionName, variant, image, result: reason });
    }
  }
}

/** What a reader must know of a variant's images, by what the journal says was done. */
export function imageNotes(actions: readonly ActionEntry[], { name }: Pick<PlannedVariant, "name">): string[] {
  return actions
    .filter((action) => action.name === actionName && action["variant"] === name)
    .map(
      ({ image, result }) =>
        `its image ${String(image)} could not be brought to the nodes before (${result}): its times may contain a pull`,
    );
}
