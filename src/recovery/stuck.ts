import { valueAt } from "../observe/history.ts";
import type { Incarnation, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { isTaken } from "./aim.ts";
import type { StuckOn } from "./recovery.ts";
import { answeringSwitches, isLive, isReady, servingSwitches } from "./serving.ts";

/** Where a subject that should serve, or should be gone, is stuck at an instant; by its VMI of then. */
export function stuckOn(
  timeline: Timeline,
  subject: SubjectTimeline,
  incarnation: Incarnation | undefined,
  ms: number,
): StuckOn {
  const vmi = valueAt(incarnation?.states ?? [], ms);
  const isLost = vmi?.exists === true && vmi.node !== null && isNodeLost(timeline, vmi.node, ms);
  // The pods of a VMI whose node is lost can go nowhere, whatever else holds for it.
  if (isLost) return "node-lost";
  if (isRestartLoop(subject, incarnation, ms)) return "restart-loop";
  const vm = valueAt(subject.vm, ms);
  if (incarnation === undefined || vmi === undefined || !isLive(vmi)) {
    if (vm !== undefined && vm.startFailures > 0) return "back-off";
    return vmi?.exists === true ? "terminating" : "not-created";
  }
  const pods = incarnation.pods.flatMap((pod) => valueAt(pod.states, ms) ?? []).filter((pod) => pod.exists);
  if (vmi.deleting || (pods.length > 0 && pods.every((pod) => pod.deleting))) return "terminating";
  if (vmi.phase !== "Running") {
    if (pods.some((pod) => pod.unschedulable)) return "unschedulable";
    return vm !== undefined && vm.startFailures > 0 ? "back-off" : "starting";
  }
  if (vmi.paused) return "paused";
  if (vmi.migrating) return "migration";
  return ofTheGuest(incarnation, ms);
}

/** So many in a row that ran and ended before they served are no accident. */
const loopLength = 2;

/** Whether it is started again and again, and ended each time before it serves. */
function isRestartLoop(
  { kind, incarnations }: SubjectTimeline,
  incarnation: Incarnation | undefined,
  ms: number,
): boolean {
  // The members of a replica set come and go side by side.
  if (kind === "VirtualMachineInstanceReplicaSet") return false;
  const isAsked = incarnations.some(({ answers }) => answers.length > 0);
  const begun = incarnations.filter(({ states }) => (states[0]?.atMs ?? Infinity) <= ms);
  const before = begun.slice(0, incarnation === undefined ? undefined : begun.indexOf(incarnation)).slice(-loopLength);
  return (
    before.length === loopLength &&
    before.every(
      (each) =>
        !isLive(valueAt(each.states, ms)) &&
        each.states.some(({ value }) => value.phase === "Running") &&
        servingSwitches(each, isAsked).every(({ on }) => !on),
    )
  );
}

/** Of a guest that runs, as far as the platform knows. One that never was ready nor answered is still starting. */
function ofTheGuest(incarnation: Incarnation, ms: number): StuckOn {
  const wasReady = incarnation.states.some(({ atMs, value }) => atMs <= ms && isReady(value));
  const answers = answeringSwitches(incarnation).filter((each) => each.highMs <= ms);
  if (answers.length > 0) return answers.at(-1)?.on === true ? "not-ready" : "guest-hung";
  const isReadyNow = valueAt(incarnation.states, ms)?.ready === true;
  return wasReady && !isReadyNow ? "not-ready" : "starting";
}

/** Whether a node serves nothing, as far as anybody can tell: not Ready, gone, or taken away and not given back. */
export function isNodeLost(timeline: Timeline, node: string, ms: number): boolean {
  const history = timeline.nodes.get(node) ?? [];
  const state = valueAt(history, ms);
  // A node that was never listed tells nothing.
  const isDown = state !== undefined && (!state.exists || !state.ready);
  return isDown || isTaken(timeline, node, ms);
}
