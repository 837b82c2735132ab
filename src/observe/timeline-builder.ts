import type { VariantKind } from "../experiment/plan.ts";
import type {
  KubeEvent,
  KubeObject,
  Node,
  OwnerReference,
  Pod,
  VirtualMachine,
  VirtualMachineInstance,
  VirtualMachineInstanceMigration,
  VirtualMachineInstanceReplicaSet,
} from "../kube/objects.ts";
import { pairActions } from "./actions.ts";
import { HistoryWriter } from "./history.ts";
import type { ActionEntry, BiteEntry, JournalLine, SampleEntry, WatchEntry } from "./journal.ts";
import {
  migrationState,
  nodeState,
  podState,
  replicaSetState,
  vmiState,
  vmState,
  type MigrationState,
  type NodeState,
  type PodState,
  type ReplicaSetState,
  type VmiState,
  type VmState,
} from "./object-states.ts";
import type { Answer, Gap, Incarnation, Notice, SubjectTimeline, Timeline, UserPath } from "./timeline.ts";
import { watchLagMs } from "./watch-order.ts";

/** The events that are kept: the guest is asked to shut down; a pod's volume is attached. */
const noticed = new Set(["ShuttingDown", "SuccessfulAttachVolume"]);

interface Owned {
  namespace: string;
  owner: OwnerReference | undefined;
  incarnation: Incarnation;
}

/** Gathers what a journal says of every subject, line by line, in the order of events. */
export class TimelineBuilder {
  readonly #vms = new Map<string, { object: VirtualMachine; writer: HistoryWriter<VmState> }>();
  readonly #sets = new Map<
    string,
    { object: VirtualMachineInstanceReplicaSet; writer: HistoryWriter<ReplicaSetState> }
  >();
  readonly #vmis = new Map<string, Owned & { writer: HistoryWriter<VmiState> }>();
  readonly #pods = new Map<string, { pod: Pod; writer: HistoryWriter<PodState> }>();
  readonly #migrations = new Map<
    string,
    { namespace: string; vmi: string; name: string; writer: HistoryWriter<MigrationState> }
  >();
  readonly #nodes = new Map<string, HistoryWriter<NodeState>>();
  readonly #samples: (SampleEntry & { atMs: number })[] = [];
  readonly #actions: { line: ActionEntry; atMs: number }[] = [];
  readonly #bites: BiteEntry[] = [];
  readonly #notices = new Map<string, Notice[]>();
  readonly #gaps: Gap[] = [];
  readonly #clockJumps: Timeline["clockJumps"] = [];

  add(line: JournalLine, atMs: number): void {
    switch (line.kind) {
      case "watch":
        return this.#addWatch(line, atMs);
      case "sample":
        this.#samples.push({ ...line, atMs });
        return;
      case "action":
        this.#actions.push({ line, atMs });
        return;
      case "bite":
        this.#bites.push(line);
        return;
      case "watch-lost":
        this.#gaps.push({
          resource: line.resource,
          fromMs: line.from * 1000,
          toMs: line.to * 1000,
          reason: line.reason,
        });
        return;
      case "clock":
        if (line.against === "wall") this.#clockJumps.push({ atMs, skewMs: line.skewMs });
        return;
      default:
        return;
    }
  }

  #addWatch({ resource, object, verb, blindSince }: WatchEntry, atMs: number): void {
    const exists = verb !== "DELETED";
    // A list tells how things are, not that they have just become so.
    const usualMs = verb === "LISTED" ? -Infinity : atMs - watchLagMs;
    const notBeforeMs = blindSince === undefined ? usualMs : blindSince * 1000;
    const see = <T extends object>(writer: HistoryWriter<T>, value: T) =>
      writer.add(atMs, value, notBeforeMs, watchLagMs);
    const { uid } = object.metadata;
    switch (resource) {
      case "virtualmachines": {
        const entry = at(this.#vms, uid, () => ({
          object: object as VirtualMachine,
          writer: new HistoryWriter<VmState>(),
        }));
        entry.object = object as VirtualMachine;
        return see(entry.writer, vmState(object as VirtualMachine, exists));
      }
      case "virtualmachineinstancereplicasets": {
        const set = object as VirtualMachineInstanceReplicaSet;
        const entry = at(this.#sets, uid, () => ({ object: set, writer: new HistoryWriter<ReplicaSetState>() }));
        return see(entry.writer, replicaSetState(set, exists));
      }
      case "virtualmachineinstances": {
        const vmi = object as VirtualMachineInstance;
        return see(at(this.#vmis, uid, () => incarnationOf(vmi)).writer, vmiState(vmi, exists));
      }
      case "pods": {
        const pod = object as Pod;
        if (controllerOf(pod)?.kind !== "VirtualMachineInstance") return;
        const entry = at(this.#pods, uid, () => ({ pod, writer: new HistoryWriter<PodState>() }));
        return see(entry.writer, podState(pod, exists));
      }
      case "virtualmachineinstancemigrations": {
        const migration = object as VirtualMachineInstanceMigration;
        const { name, namespace = "" } = migration.metadata;
        const vmi = migration.spec.vmiName;
        const entry = at(this.#migrations, uid, () => ({
          namespace,
          vmi,
          name,
          writer: new HistoryWriter<MigrationState>(),
        }));
        return see(entry.writer, migrationState(migration, exists));
      }
      case "events": {
        const { reason, involvedObject } = object as KubeEvent;
        // Of one that was listed nobody knows when it came.
        if (verb === "LISTED" || verb === "DELETED" || !noticed.has(reason)) return;
        at(this.#notices, involvedObject.uid ?? "", () => []).push({ atMs, reason });
        return;
      }
      case "nodes": {
        const writer = at(this.#nodes, object.metadata.name, () => new HistoryWriter<NodeState>());
        return see(writer, nodeState(object as Node, exists));
      }
    }
  }

  build(): Timeline {
    this.#attach();
    const subjects = [...this.#vmSubjects(), ...this.#setSubjects(), ...this.#bareSubjects()];
    return {
      subjects: subjects.toSorted((one, other) => (one.namespace + one.name < other.namespace + other.name ? -1 : 1)),
      nodes: new Map([...this.#nodes].map(([name, writer]) => [name, writer.history])),
      actions: pairActions(this.#actions),
      bites: this.#bites,
      gaps: this.#gaps,
      clockJumps: this.#clockJumps,
    };
  }

  /** Gives every VMI its answers, events, pods and migrations. */
  #attach(): void {
    for (const sample of this.#samples) this.#vmis.get(sample.uid)?.incarnation.answers.push(answerOf(sample));
    for (const { incarnation } of this.#vmis.values()) {
      incarnation.notices.push(...(this.#notices.get(incarnation.uid) ?? []));
    }
    for (const { pod, writer } of this.#pods.values()) {
      const { name, uid, labels } = pod.metadata;
      const isMigrationTarget = labels?.["kubevirt.io/migrationJobUID"] !== undefined;
      const notices = this.#notices.get(uid) ?? [];
      const owner = this.#vmis.get(controllerOf(pod)?.uid ?? "");
      owner?.incarnation.pods.push({ name, states: writer.history, notices, isMigrationTarget });
    }
    const byName = Map.groupBy(this.#vmis.values(), (own) => `${own.namespace}/${own.incarnation.name}`);
    for (const { namespace, vmi, name, writer } of this.#migrations.values()) {
      const startMs = writer.history[0]?.atMs ?? 0;
      // A migration names its VMI; of several incarnations of that name it means the one of its time.
      const named = byName.get(`${namespace}/${vmi}`) ?? [];
      const ofItsTime = named.findLast((own) => (own.incarnation.states[0]?.atMs ?? 0) <= startMs) ?? named[0];
      ofItsTime?.incarnation.migrations.push({ name, states: writer.history });
    }
  }

  #vmSubjects(): SubjectTimeline[] {
    const owned = this.#incarnationsBy((own) =>
      own.owner?.kind === "VirtualMachine" ? `${own.namespace}/${own.owner.name}` : null,
    );
    // A VM that was deleted and made again under its name is one subject: what a user knows is the name.
    const byName = Map.groupBy(this.#vms.values(), ({ object }) => keyOf(object));
    return [...byName].map(([key, entries]) => {
      const incarnations = owned.get(key) ?? [];
      const asked = entries.at(-1)?.object.spec.template.spec.evictionStrategy;
      return {
        ...identityOf(key, "VirtualMachine"),
        // Where the template says nothing, the cluster's default is stamped into the instance.
        evictionStrategy: asked ?? incarnations.at(-1)?.spec.evictionStrategy ?? null,
        vm: entries.flatMap(({ writer }) => writer.history),
        set: [],
        incarnations,
        paths: this.#pathsTo(incarnations),
      };
    });
  }

  #setSubjects(): SubjectTimeline[] {
    const owned = this.#incarnationsBy((own) => own.owner?.uid ?? null);
    return [...this.#sets].map(([uid, { object, writer }]) => {
      const incarnations = owned.get(uid) ?? [];
      const asked = object.spec.template.spec.evictionStrategy;
      return {
        ...identityOf(keyOf(object), "VirtualMachineInstanceReplicaSet"),
        evictionStrategy: asked ?? incarnations.at(-1)?.spec.evictionStrategy ?? null,
        vm: [],
        set: writer.history,
        incarnations,
        paths: this.#pathsTo(incarnations),
      };
    });
  }

  #bareSubjects(): SubjectTimeline[] {
    const owned = this.#incarnationsBy((own) =>
      own.owner === undefined ? `${own.namespace}/${own.incarnation.name}` : null,
    );
    return [...owned].map(([key, incarnations]) => ({
      ...identityOf(key, "VirtualMachineInstance"),
      evictionStrategy: incarnations.at(-1)?.spec.evictionStrategy ?? null,
      vm: [],
      set: [],
      incarnations,
      paths: this.#pathsTo(incarnations),
    }));
  }

  /** The Services that led to one of these VMIs; one that was deleted and made again is another. */
  #pathsTo(incarnations: Incarnation[]): UserPath[] {
    const names = new Set(incarnations.map(({ name }) => name));
    const samples = this.#samples.filter(({ channel, vm }) => channel === "service" && names.has(vm));
    return [...Map.groupBy(samples, ({ uid }) => uid).values()].map((ofOne) => ({
      service: ofOne[0]?.service ?? "",
      answers: ofOne.map(answerOf),
    }));
  }

  /** The VMIs by what they belong to; those that belong to nothing asked for are left out. */
  #incarnationsBy(keyOfOwner: (own: Owned) => string | null): Map<string, Incarnation[]> {
    const found = new Map<string, Incarnation[]>();
    for (const own of this.#vmis.values()) {
      const key = keyOfOwner(own);
      if (key !== null) at(found, key, () => []).push(own.incarnation);
    }
    return found;
  }
}

function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function incarnationOf(vmi: VirtualMachineInstance): Owned & { writer: HistoryWriter<VmiState> } {
  const writer = new HistoryWriter<VmiState>();
  const { uid, name, namespace = "" } = vmi.metadata;
  const incarnation = {
    uid,
    name,
    spec: vmi.spec,
    states: writer.history,
    answers: [],
    notices: [],
    pods: [],
    migrations: [],
  };
  return { namespace, owner: controllerOf(vmi), incarnation, writer };
}

function answerOf({ atMs, asked, lastOfPrevious, ok, bootId, marker = null }: SampleEntry & { atMs: number }): Answer {
  const lastOfPreviousMs = lastOfPrevious === null ? null : lastOfPrevious * 1000;
  return { atMs, askedMs: asked * 1000, lastOfPreviousMs, ok, bootId, marker };
}

function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

function keyOf({ metadata: { namespace = "", name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

function identityOf(key: string, kind: VariantKind): Pick<SubjectTimeline, "name" | "namespace" | "kind"> {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1), kind };
}
