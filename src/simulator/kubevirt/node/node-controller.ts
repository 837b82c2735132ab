import type { Node, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import { WorkQueue } from "../../controller.ts";
import type { World } from "../../world.ts";
import type { InstancesByNode } from "../instances-by-node.ts";
import { isFinal } from "../instance/phase.ts";
import { isPodFinal } from "../instance/pods.ts";
import { annotations, labels, namespace } from "../names.ts";

/**
 * virt-controller's node controller (watch/node/node.go): a node whose virt-handler has been silent for too long
 * takes no more VMs, and VMIs on it whose pods are gone or have ended count as failed.
 */
export class NodeController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #instances: InstancesByNode;

  constructor(world: World, instances: InstancesByNode) {
    this.#world = world;
    this.#instances = instances;
    this.#queue = new WorkQueue(world, "node", "virt-controller", (name) => this.#reconcile(name));
    world.store.subscribe(({ resource, object, old }) => {
      if (resource !== "nodes") return;
      const before = old?.metadata;
      const { annotations: now, labels: nowLabels, name } = object.metadata;
      const same =
        before?.annotations?.[annotations.heartbeat] === now?.[annotations.heartbeat] &&
        before?.labels?.[labels.schedulable] === nowLabels?.[labels.schedulable];
      if (!same) this.#queue.add(name);
    });
  }

  #reconcile(name: string): void {
    const { settings, store } = this.#world;
    const node = store.get<Node>("nodes", undefined, name);
    const beat = node?.metadata.annotations?.[annotations.heartbeat];
    if (node !== undefined && beat === undefined) return;
    const ageMs = beat === undefined ? Infinity : this.#world.clock.wall().getTime() - Date.parse(beat);
    if (ageMs <= settings.heartbeatTimeoutSeconds * 1000) {
      this.#queue.add(name, settings.heartbeatRecheckSeconds * 1000);
      return;
    }
    if (node?.metadata.labels?.[labels.schedulable] === "true") this.#markUnschedulable(node);
    const orphans = this.#instances.on(name).filter((vmi) => !isFinal(vmi));
    if (node !== undefined && orphans.length > 0 && !this.#hasHandler(name)) {
      const message =
        "virt-handler is not present, there are orphaned vmis on this node. Run virt-handler on this node to migrate or remove them.";
      recordEvent(this.#world, node, "Warning", "NodeUnresponsive", message, "node-controller");
    }
    // Every write to a VMI passes a webhook of virt-api's.
    if (this.#world.up("virt-api")) for (const vmi of orphans) this.#failWithoutPod(vmi, name);
    if (node !== undefined || orphans.length > 0) this.#queue.add(name, settings.heartbeatRecheckSeconds * 1000);
  }

  #markUnschedulable(node: Node): void {
    const message = "virt-handler is not responsive, marking node as unresponsive";
    recordEvent(this.#world, node, "Normal", "NodeUnresponsive", message, "node-controller");
    this.#world.store.mutate<Node>("nodes", undefined, node.metadata.name, (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, [labels.schedulable]: "false" };
    });
  }

  #hasHandler(node: string): boolean {
    return this.#world.index
      .podsOn(node)
      .some(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[labels.app] === "virt-handler");
  }

  /** A pod that ends without its node's knowledge is alive as long as its last status says so. */
  #failWithoutPod(vmi: VirtualMachineInstance, node: string): void {
    const alive = this.#world.index
      .podsOwnedBy(vmi.metadata.uid)
      .some((pod) => pod.spec.nodeName === node && isAlive(pod));
    if (alive) return;
    const { namespace: of, name, uid } = vmi.metadata;
    this.#world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", of, name, (draft) => {
      if (draft.metadata.uid !== uid || isFinal(draft)) return;
      draft.status.phase = "Failed";
      draft.status.reason = "NodeUnresponsive";
    });
    const message = `virt-handler on node ${node} is not responsive, marking VMI as failed`;
    recordEvent(this.#world, vmi, "Normal", "NodeUnresponsive", message, "node-controller");
  }
}

function isAlive(pod: Pod): boolean {
  if (isPodFinal(pod)) return false;
  const statuses = pod.status.containerStatuses ?? [];
  return statuses.length === 0 || statuses.some(({ state }) => state.terminated === undefined);
}
