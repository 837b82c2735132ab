import type { Link } from "./relations.ts";

/** A kind of milestone: of which kind of object, what of it, and what it becomes. */
export type Mark = [kind: string, aspect: string, becomes: RegExp];

/** An order that a cause enforces: the effect is never seen before it. */
export interface Cause {
  cause: Mark;
  effect: Mark;
  link: Link;
}

const any = /./;
const final = /^(Succeeded|Failed)$/;

/** Every pair of milestones whose order is compared across objects or aspects; other orders are chance. */
export const causes: Cause[] = [
  { cause: ["vm", "exists", /created/], effect: ["vmi", "exists", /created/], link: "same" },
  { cause: ["vmirs", "exists", /created/], effect: ["vmi", "exists", /created/], link: "same" },
  { cause: ["vmi", "exists", /created/], effect: ["pod", "exists", /created/], link: "same" },
  { cause: ["pod", "exists", /created/], effect: ["vmi", "phase", /^Scheduling$/], link: "same" },
  { cause: ["pod", "scheduled", /True/], effect: ["pod", "phase", /^Running$/], link: "same" },
  { cause: ["pod", "phase", /^Running$/], effect: ["vmi", "phase", /^Running$/], link: "same" },
  { cause: ["vmi", "phase", /^Running$/], effect: ["vmi", "ready", /True/], link: "same" },
  { cause: ["vmi", "ready", /True/], effect: ["vm", "ready", /True/], link: "same" },
  { cause: ["vmi", "phase", final], effect: ["vmi", "exists", /gone/], link: "same" },
  { cause: ["vmi", "deletion mark", any], effect: ["vmi", "exists", /gone/], link: "same" },
  { cause: ["vmi", "exists", /gone/], effect: ["vmi", "exists", /created/], link: "next" },
  { cause: ["node", "ready", /Unknown|False/], effect: ["pod", "ready", /False/], link: "node" },
  {
    cause: ["node", "taint node.kubernetes.io/unreachable:NoExecute", /set/],
    effect: ["pod", "deletion mark", /marked/],
    link: "node",
  },
  {
    cause: ["node", "taint node.kubernetes.io/out-of-service:NoExecute", /set/],
    effect: ["pod", "exists", /gone/],
    link: "node",
  },
  { cause: ["vmi", "evacuation mark", /set/], effect: ["migration", "exists", /created/], link: "same" },
  { cause: ["vmi", "evacuation mark", /set/], effect: ["migration", "phase", /Succeeded/], link: "same" },
  { cause: ["migration", "exists", /created/], effect: ["vmi", "migration state", /under way/], link: "same" },
  { cause: ["migration", "phase", /^Running$/], effect: ["vmi", "migration state", /completed/], link: "same" },
  { cause: ["vmi", "migration state", /completed/], effect: ["migration", "phase", /^Succeeded$/], link: "same" },
  { cause: ["vmi", "migration state", /failed/], effect: ["migration", "phase", /^Failed$/], link: "same" },
];
