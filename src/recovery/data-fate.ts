import type { VmiSpec } from "../kube/objects.ts";
import type { Answer, SubjectTimeline } from "../observe/timeline.ts";
import type { Reading } from "./outcome.ts";
import type { DataFate } from "./recovery.ts";
import type { Window } from "./window.ts";

/** Volumes whose contents outlive the VMI. */
const lasting = ["persistentVolumeClaim", "dataVolume", "hostDisk"];

/**
 * Whether a guest that serves at the window's end has on its disk what it had there before; by the marker that it
 * tells. A replica set's guests stand in for one another, and a guest that does not serve tells nothing.
 */
export function dataFateOf(subject: SubjectTimeline, reading: Reading, { fromMs, untilMs }: Window): DataFate {
  if (reading.good === null || subject.kind === "VirtualMachineInstanceReplicaSet") return "unknown";
  const answers = subject.incarnations.flatMap((incarnation) => incarnation.answers);
  const before = markerBy(answers, fromMs);
  const after = markerBy(reading.last[0]?.answers ?? [], untilMs);
  if (before === null || after === null) return "unknown";
  if (before === after) return "kept";
  return isPassing(before, reading.first[0]?.spec) ? "lost-by-design" : "lost";
}

function markerBy(answers: Answer[], ms: number): string | null {
  return (
    answers
      .filter(({ ok, atMs }) => ok && atMs <= ms)
      .toSorted((one, other) => one.atMs - other.atMs)
      .at(-1)?.marker ?? null
  );
}

function isPassing(marker: string, spec: VmiSpec | undefined): boolean {
  const name = marker.slice(0, marker.lastIndexOf("/"));
  const volume = spec?.volumes?.find((each) => each.name === name);
  return volume !== undefined && lasting.every((kind) => volume[kind] === undefined);
}
