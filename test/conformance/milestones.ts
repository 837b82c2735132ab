import {
  condition,
  type Condition,
  type KubeEvent,
  type KubeObject,
  type Node,
  type Pod,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
} from "../../src/kube/objects.ts";
import type { ActionEntry, JournalLine } from "../../src/observe/journal.ts";
import { partsOf } from "./relations.ts";
import { roleOf, Subjects } from "./subjects.ts";

/** Something that was seen to become so. */
export interface Milestone {
  /** Whose: `vmi/always#1`. */
  subject: string;
  /** What of it: `phase`. */
  aspect: string;
  /** What it became; an event's aspect is its reason. */
  value: string;
  /** Seconds of the journal. */
  at: number;
  /** Line of the journal, from 1. */
  line: number;
}

/** All milestones of one journal, in order of their lines, and how its objects are called. */
export interface History {
  milestones: Milestone[];
  subjects: Subjects;
  /** What the object is made from, less its name: alike for equal objects. */
  makes: Map<string, string>;
  /** The nodes that the object, or for a VM its VMIs, were seen on, by subject. */
  nodes: Map<string, Set<string>>;
}

type Aspects = Record<string, string | undefined>;

/** Reads the milestones off a journal: the changes of every aspect of every object, and the events' first occurrence. */
export function milestonesOf(lines: JournalLine[]): History {
  const subjects = new Subjects();
  const seen = new Map<string, Aspects>();
  const history: History = { milestones: [], subjects, makes: new Map(), nodes: new Map() };
  /** Events about objects that have not been seen yet, for separate watches run at their own pace, by UID. */
  const early = new Map<string, (() => void)[]>();
  let action = 0;
  for (const [index, entry] of lines.entries()) {
    const note = (subject: string, aspect: string, value: string): void => {
      history.milestones.push({ subject, aspect, value, at: entry.at, line: index + 1 });
    };
    if (entry.kind === "action" && entry.phase === "start") {
      action++;
      for (const subject of targetsOf(entry, subjects)) note(subject, actionAspect, detailOf(entry));
    }
    // Answers come in order, and only what asks the API has one that tells anything.
    if (entry.kind === "action" && entry.phase === "end" && ["virtctl", "delete", "apply"].includes(entry.name)) {
      const { args, target, object } = entry as { args?: string[]; target?: string; object?: KubeObject };
      const what = args?.join(" ") ?? (entry.name === "delete" ? "" : `${object?.kind} ${object?.metadata.name}`);
      const refused = /^ERR/.test(entry.result ?? "") && target !== "";
      note(`action/${action} ${entry.name} ${what}`.trim(), "answer", refused ? "refused" : "done");
    }
    if (entry.kind !== "watch") continue;
    const { resource, object, verb } = entry;
    if (resource === "events") {
      if (verb === "DELETED" || verb === "LISTED") continue;
      const event = object as KubeEvent;
      const { uid } = event.involvedObject;
      const told = (): void => {
        const subject = subjects.keyOfInvolved(event);
        if (subject === undefined) return;
        const aspect = `event ${event.reason}`;
        const aspects = aspectsSeen(subject);
        if (aspects[aspect] === undefined) note(subject, aspect, (aspects[aspect] = event.type));
      };
      if (uid === undefined || subjects.keyOfInvolved(event) !== undefined) told();
      else early.set(uid, [...(early.get(uid) ?? []), told]);
      continue;
    }
    const subject = subjects.keyOf(resource, object);
    if (subject === undefined) continue;
    for (const told of early.get(object.metadata.uid) ?? []) told();
    early.delete(object.metadata.uid);
    if (!history.makes.has(subject)) history.makes.set(subject, makeOf(object));
    const node = (object as Pod).spec?.nodeName ?? (object as VirtualMachineInstance).status?.nodeName;
    if (node !== undefined) {
      const { name } = partsOf(subject);
      for (const one of [subject, `vm/${name}`, `vmirs/${name}`]) {
        history.nodes.set(one, (history.nodes.get(one) ?? new Set()).add(roleOf(node)));
      }
    }
    const before = aspectsSeen(subject);
    const after: Aspects = { ...aspectsOf(resource, object), exists: verb === "DELETED" ? "gone" : "created" };
    for (const [aspect, value = "-"] of Object.entries(after)) {
      const old = before[aspect];
      before[aspect] = value;
      // What was so from the beginning, and what is not there yet, did not happen.
      if (value === old || verb === "LISTED" || (old === undefined && value === "-")) continue;
      note(subject, aspect, value);
    }
  }
  history.milestones.sort((a, b) => a.line - b.line);
  return history;

  function aspectsSeen(subject: string): Aspects {
    let aspects = seen.get(subject);
    if (aspects === undefined) seen.set(subject, (aspects = {}));
    return aspects;
  }
}

/** What is compared of an object; `-` and undefined: not there. */
function aspectsOf(resource: string, object: KubeObject): Aspects {
  const { deletionTimestamp } = object.metadata;
  const marked = deletionTimestamp === undefined ? undefined : "marked";
  switch (resource) {
    case "virtualmachines": {
      const { spec, status } = object as VirtualMachine;
      const failure = condition({ status }, "Failure");
      return {
        "deletion mark": marked,
        "run strategy": spec.runStrategy,
        "printable status": status?.printableStatus,
        ready: statusOf(status, "Ready"),
        failure: failure?.status === "True" ? failure.reason : undefined,
        "failed starts": status?.startFailure && String(status.startFailure["consecutiveFailCount"]),
        paused: statusOf(status, "Paused"),
      };
    }
    case "virtualmachineinstances": {
      const { status } = object as VirtualMachineInstance;
      const ready = condition({ status }, "Ready");
      return {
        "deletion mark": marked,
        phase: status?.phase,
        ready: ready?.status,
        "ready reason": ready?.status === "True" ? undefined : ready?.reason,
        paused: statusOf(status, "Paused"),
        "live migratable": statusOf(status, "LiveMigratable"),
        "eviction requested": statusOf(status, "EvictionRequested"),
        "evacuation mark": status?.evacuationNodeName === undefined ? undefined : "set",
        synchronized: statusOf(status, "Synchronized"),
        "migration state": migrationState(status?.migrationState),
      };
    }
    case "pods": {
      const { status } = object as Pod;
      return {
        "deletion mark": marked,
        phase: status.phase,
        reason: status.reason,
        ready: statusOf(status, "Ready"),
        scheduled: statusOf(status, "PodScheduled"),
        "disruption target": condition({ status }, "DisruptionTarget")?.reason,
      };
    }
    case "nodes": {
      const { spec, status } = object as Node;
      const taints = spec.taints?.map(({ key, effect }) => [`taint ${key}:${effect}`, "set"] as const) ?? [];
      const known = [...taintsEver].map((taint) => [taint, undefined] as const);
      for (const [taint] of taints) taintsEver.add(taint);
      return {
        ...Object.fromEntries(known),
        ...Object.fromEntries(taints),
        "deletion mark": marked,
        ready: statusOf(status, "Ready"),
        "memory pressure": statusOf(status, "MemoryPressure"),
        "disk pressure": statusOf(status, "DiskPressure"),
        "pid pressure": statusOf(status, "PIDPressure"),
        unschedulable: spec.unschedulable ? "yes" : undefined,
        "kubevirt schedulable": object.metadata.labels?.["kubevirt.io/schedulable"],
      };
    }
    case "virtualmachineinstancemigrations":
      return { "deletion mark": marked, phase: (object as { status?: { phase?: string } } & KubeObject).status?.phase };
    case "virtualmachineinstancereplicasets": {
      const { status } = object as VirtualMachineInstanceReplicaSet;
      return {
        "deletion mark": marked,
        replicas: countOf(status?.replicas),
        "ready replicas": countOf(status?.readyReplicas),
      };
    }
    default:
      return {};
  }
}

/** The aspect under which an action stands among the milestones of what it was done to. */
export const actionAspect = "action";

function targetsOf(action: ActionEntry, subjects: Subjects): string[] {
  const { name, vm, node, target, args } = action as ActionEntry & { target?: string; args?: string[] };
  if (name === "virtctl") return [`vm/${args?.at(-1)}`];
  if (name === "delete" && target !== undefined) {
    const key = subjects.pod(target) ?? subjects.instance(target);
    return [key ?? `${String(action["resource"])}/${target}`];
  }
  if (vm !== undefined) return [subjects.instance(vm) ?? `vmi/${vm}`];
  return node === undefined ? [] : [`node/${roleOf(node)}`];
}

function detailOf({ name, ...action }: ActionEntry): string {
  const { command, taint, args, resource, flags } = action as Record<string, string | string[] | undefined>;
  const oom = name === "oom" ? /qemu gone|alive/.exec(action.result ?? "")?.[0] : undefined;
  const verb = name === "virtctl" ? args?.[0] : undefined;
  return [name, verb, resource, ...(flags ?? []), command, taint, oom].filter((word) => word !== undefined).join(" ");
}

/** Taints that any node has had: those that a node no longer has were taken away. */
const taintsEver = new Set<string>();

function statusOf(status: { conditions?: Condition[] } | undefined, type: string): string | undefined {
  return condition({ ...(status && { status }) }, type)?.status;
}

function countOf(count: number | undefined): string | undefined {
  return count === undefined || count === 0 ? undefined : String(count);
}

function migrationState(state: { completed?: boolean; failed?: boolean } | undefined): string | undefined {
  if (state === undefined) return undefined;
  return state.failed ? "failed" : state.completed ? "completed" : "under way";
}

/** Kind and specification, without what differs between objects that are meant to be equal. */
function makeOf({ kind, spec }: KubeObject & { spec?: object }): string {
  const { nodeName: _, ...rest } = (spec ?? {}) as Record<string, unknown>;
  return kind === "Pod" || kind === "Node" ? kind : `${kind} ${JSON.stringify(rest, withoutIdentity)}`;
}

function withoutIdentity(key: string, value: unknown): unknown {
  return ["lab/name", "lab/rs", "uuid", "serial", "macAddress", "creationTimestamp", "vmiName"].includes(key)
    ? undefined
    : value;
}
