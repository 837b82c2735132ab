import type { Action } from "../observe/actions.ts";

/** What an action of a kind does to VMs, whatever comes of it. */
export interface ActionKind {
  /** It prepares or returns to the ordinary (`set-up`), takes a disturbance back or makes up for it (`relief`), or disturbs. */
  effect: "set-up" | "relief" | "disturbance";
  /** Whom it concerns: the VM it names, the VMs on the node it names, or all. */
  reach: "vm" | "node" | "cluster";
  /** It may silence a guest without the platform's noticing. */
  unseen: boolean;
  /** A request to the API server, which may refuse it. */
  request: boolean;
  /** Whether it takes its node away from the cluster, or gives it back. */
  node?: "taken" | "given-back";
}

const setUp: ActionKind = { effect: "set-up", reach: "vm", unseen: false, request: true };
const request: ActionKind = { effect: "disturbance", reach: "vm", unseen: false, request: true };
const process: ActionKind = { effect: "disturbance", reach: "vm", unseen: true, request: false };
const taken: ActionKind = { effect: "disturbance", reach: "node", unseen: true, request: false, node: "taken" };
const givenBack: ActionKind = { effect: "relief", reach: "node", unseen: false, request: false, node: "given-back" };

const kinds: Record<string, ActionKind> = {
  recording: setUp,
  apply: setUp,
  "image-not-provided": setUp,
  cordon: { ...setUp, reach: "node" },
  uncordon: { ...setUp, reach: "node" },
  "virtctl start": setUp,
  "virtctl unpause": { ...setUp, effect: "relief" },
  inject: process,
  refused: request,
  "not-hit": setUp,
  remedy: { ...process, effect: "relief", reach: "cluster", unseen: false },
  revert: { ...process, effect: "relief", reach: "cluster", unseen: false },
  delete: request,
  drain: { ...request, reach: "node" },
  taint: { ...request, reach: "node" },
  untaint: { ...request, reach: "node", effect: "relief" },
  guest: process,
  oom: process,
  "kill-qemu": process,
  "kill-launcher": process,
  "kill-component": { effect: "disturbance", reach: "cluster", unseen: false, request: false },
  "node-kill": taken,
  "node-stop": taken,
  "node-pause": taken,
  "node-disconnect": taken,
  "kubelet-stop": taken,
  "node-start": givenBack,
  "node-unpause": givenBack,
  "node-connect": givenBack,
  "kubelet-start": givenBack,
};

/** What an action does; one of an unknown kind disturbs. */
export function kindOf(action: Action): ActionKind {
  const { name } = action;
  const [verb = ""] = argumentsOf(action);
  if (name === "virtctl") return kinds[`virtctl ${verb}`] ?? request;
  if (name === "taint" && isRelief(action)) return kinds["untaint"] ?? request;
  return (
    kinds[name] ?? {
      ...request,
      reach: action.entry.vm === undefined && action.entry.node !== undefined ? "node" : "vm",
    }
  );
}

/** Whether the API server, or a client on its behalf, refused the request. */
export function wasRefused(action: Action): boolean {
  // A drain asks again and again, and prints what it was told each time; whether it got its way shows elsewhere.
  if (action.name === "drain") return false;
  const refusal = /^(ERR|error)\b|denied the request|cannot be fulfilled/i;
  return action.name === "refused" || (kindOf(action).request && action.result !== null && refusal.test(action.result));
}

/** That it was refused and why, in words; what a fault asked for goes by no name of its own. */
export function refusalText({ name, result }: Action): string {
  return `${name === "refused" ? "it" : `"${name}"`} was refused: ${result ?? ""}`;
}

/** The words of an action's command line. */
export function argumentsOf({ entry }: Action): string[] {
  const { args } = entry;
  return Array.isArray(args) ? args.filter((argument) => typeof argument === "string") : [];
}

/** A taint taken away; or the one that tells the cluster that a node is off, so that its VMs may start elsewhere. */
function isRelief({ entry: { taint } }: Action): boolean {
  return typeof taint === "string" && (taint.endsWith("-") || taint.startsWith("node.kubernetes.io/out-of-service"));
}
