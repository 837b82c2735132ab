import type { Condition, KubeObject, Node } from "../../kube/objects.ts";
import { recordEvent } from "../event-recorder.ts";
import type { World } from "../world.ts";
import type { SimulatedMachine } from "./machine.ts";
import { newNode, nodeConditions, nodeFacts, nodeResources, type NodeProfile } from "./node-object.ts";

interface Lease extends KubeObject {
  spec: { holderIdentity: string; leaseDurationSeconds: number; renewTime: string };
}

const events: Record<string, Record<string, string>> = {
  MemoryPressure: { True: "NodeHasInsufficientMemory", False: "NodeHasSufficientMemory" },
  DiskPressure: { False: "NodeHasNoDiskPressure" },
  PIDPressure: { False: "NodeHasSufficientPID" },
  Ready: { True: "NodeReady", False: "NodeNotReady" },
};

/** How a kubelet shows that its node lives: registers it, renews its lease, posts its status. */
export class Heartbeat {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #profile: NodeProfile;
  #reportedMs = 0;
  #unschedulable: boolean | undefined;
  /** Why the node is not ready though its kubelet runs. */
  notReady: string | undefined;
  /** Whether its container runtime has been away for so long that it counts as down. */
  runtimeDown = false;
  /** What its kubelet's watchdogs say right after a long freeze. */
  asleep: string | undefined;
  /** Whether its kubelet takes it to be short of memory. */
  memoryPressure: () => boolean = () => false;

  constructor(world: World, machine: SimulatedMachine, profile: NodeProfile) {
    this.#world = world;
    this.#machine = machine;
    this.#profile = profile;
  }

  /**
   * Posts the node's status, or registers the node if it has no object: at the kubelet's start only. Answers whether it
   * was registered anew, not ready for the moment.
   */
  register(): boolean {
    // It judges the pressures first of a node that has no conditions yet (kubelet_node_status.go: initialNode).
    for (const type of ["MemoryPressure", "DiskPressure", "PIDPressure"]) this.#turned({ type, status: "False" });
    const fresh = this.#createNode("CSINode is not yet initialized");
    this.renewLease();
    if (!fresh) this.report(true);
    return fresh;
  }

  /** Is there as if it had been for long. */
  settle(): void {
    this.#createNode(undefined);
    this.renewLease();
    this.report(true);
  }

  #createNode(notReady: string | undefined): boolean {
    const { clock, store } = this.#world;
    if (store.get("nodes", undefined, this.#profile.name) !== undefined) return false;
    store.create<Node>("nodes", newNode(this.#profile, this.#machine, this.#bootId(), clock.stamp(), notReady));
    return true;
  }

  /** The kubelet's regular beat. */
  beat(): void {
    this.renewLease();
    this.report(false);
  }

  renewLease(): void {
    const { world, name } = { world: this.#world, name: this.#profile.name };
    const node = world.store.get<Node>("nodes", undefined, name);
    if (node === undefined) return;
    const renewTime = world.clock.wall().toISOString().replace("Z", "000Z");
    const renewed = world.store.mutate<Lease>("leases", "kube-node-lease", name, (lease) => {
      lease.spec.renewTime = renewTime;
    });
    if (renewed !== undefined) return;
    world.store.create<Lease>("leases", {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name,
        namespace: "kube-node-lease",
        ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
    });
  }

  /** Posts the node's status where it differs from what the API has, where it is due, or in any case. */
  report(always: boolean): void {
    const { world, name } = { world: this.#world, name: this.#profile.name };
    const node = world.store.get<Node>("nodes", undefined, name);
    if (node === undefined) return;
    this.#watchCordon(node);
    const before = node.status.conditions ?? [];
    const now = world.clock.stamp();
    const conditions = nodeConditions(
      before,
      now,
      this.notReady ?? this.asleep ?? (this.runtimeDown ? "container runtime is down" : undefined),
      this.memoryPressure(),
    );
    const resources = nodeResources(this.#profile, this.#machine);
    const facts = nodeFacts(this.#profile, this.#bootId());
    const turned = conditions.filter((one) => before.find(({ type }) => type === one.type)?.status !== one.status);
    const due = world.clock.now() - this.#reportedMs >= world.settings.nodeStatusReportSeconds * 1000;
    const changed =
      turned.length > 0 ||
      JSON.stringify(node.status.allocatable) !== JSON.stringify(resources.allocatable) ||
      node.status.nodeInfo?.["bootID"] !== facts.nodeInfo?.["bootID"];
    if (!always && !due && !changed) return;
    this.#reportedMs = world.clock.now();
    if (node.status.nodeInfo?.["bootID"] !== facts.nodeInfo?.["bootID"]) {
      this.event("Warning", "Rebooted", `Node ${name} has been rebooted, boot id: ${this.#bootId()}`);
    }
    world.store.mutate<Node>("nodes", undefined, name, (draft) => {
      const foreign = (draft.status.conditions ?? []).filter(
        ({ type }) => !conditions.some((one) => one.type === type),
      );
      draft.status = { ...draft.status, ...resources, ...facts, conditions: [...conditions, ...foreign] };
    });
    for (const condition of turned) this.#turned(condition);
  }

  event(type: "Normal" | "Warning", reason: string, message: string): void {
    // A kubelet names its node without the UID (pkg/kubelet: nodeRef).
    const about = { apiVersion: "v1", kind: "Node", metadata: { name: this.#profile.name } };
    recordEvent(this.#world, about, type, reason, message, "kubelet", this.#profile.name);
  }

  #turned({ type, status }: Condition): void {
    const reason = events[type]?.[status];
    if (reason !== undefined) this.event("Normal", reason, `Node ${this.#profile.name} status is now: ${reason}`);
  }

  #watchCordon(node: Node): void {
    const unschedulable = node.spec.unschedulable === true;
    if (this.#unschedulable !== undefined && unschedulable !== this.#unschedulable) {
      const reason = unschedulable ? "NodeNotSchedulable" : "NodeSchedulable";
      this.event("Normal", reason, `Node ${this.#profile.name} status is now: ${reason}`);
    }
    this.#unschedulable = unschedulable;
  }

  #bootId(): string {
    const { random, settings } = this.#world;
    return settings.sharedKernel ? random.uuid("boot") : random.uuid(this.#profile.name, "boot", this.#machine.boot);
  }
}
