import type { StageName } from "../../recovery/recovery.ts";
import type { VerdictColour } from "../results.ts";

/** What a stage is spent on, and what it is, in words a reader of the picture needs. */
export const stageMeaning: Record<
  StageName,
  { group: "notice" | "clear" | "rebuild" | "guest" | "people"; text: string }
> = {
  detect: { group: "notice", text: "the platform has not noticed yet" },
  held: { group: "people", text: "the fault is still held" },
  remedy: { group: "people", text: "the remedy is being applied" },
  evict: { group: "clear", text: "the pod waits to be evicted" },
  terminate: { group: "clear", text: "the old instance is terminating" },
  backoff: { group: "clear", text: "waiting out a back-off" },
  queue: { group: "clear", text: "waiting for a free slot" },
  recreate: { group: "rebuild", text: "a new instance is being created" },
  schedule: { group: "rebuild", text: "the pod waits for a node" },
  attach: { group: "rebuild", text: "volumes are being attached" },
  launch: { group: "rebuild", text: "the launcher pod starts" },
  prepare: { group: "rebuild", text: "the target is being prepared" },
  copy: { group: "rebuild", text: "memory is being copied" },
  boot: { group: "guest", text: "the guest boots" },
  ready: { group: "guest", text: "the guest is up but not ready" },
  answer: { group: "guest", text: "ready, but the guest does not answer" },
  settle: { group: "guest", text: "good, but not yet for good" },
};

/** The class that a verdict's text has in a picture. */
export const verdictCss: Record<VerdictColour, string> = {
  green: "rb-good",
  red: "rb-bad",
  invalid: "rb-unsure",
  notInjected: "rb-unsure",
  skipped: "rb-muted",
};
