import type { Node, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import { WorkQueue } from "../../controller.ts";
import type { World } from "../../world.ts";
import type { InstancesByNode } from "../instances-by-node.ts";
import { isHandlers } from "../instance/phase.ts";
import { isPodFinal } from "../instance/pods.ts";
import { annotations, labels, namespace } from "../names.ts";

/** What it takes to ask the API for the VMIs of a node, then for its pods, and then to write to each VMI in turn, as seen; milliseconds. */
const askMs = [60, 140] as const;
const askForPodsMs = [120, 240] as const;
const writeMs = [40, 90] as const;

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
    world.store.subscribe(({ resource, verb, object, old }) => {
      if (resource === "virtualmachineinstances" && verb !== "DELETED") {
        const { nodeName } = (object as VirtualMachineInstance).status;
        if (nodeName === undefined || !this.#isSilent(nodeName)) return;
        this.#queue.add(nodeName, this.#draw(askMs, nodeName, object.metadata.resourceVersion));
      }
      if (resource !== "nodes") return;
      const before = old?.metadata;
      const { annotations: now, labels: nowLabels, name } = object.metadata;
      const same =
        before?.annotations?.[annotations.heartbeat] === now?.[annotations.heartbeat] &&
        before?.labels?.[labels.schedulable] === nowLabels?.[labels.schedulable];
      if (!same || verb === "DELETED") this.#queue.add(name);
    });
  }

  /** Whether the node is gone, or its virt-handler has not been heard of for too long; one that never was counts as well. */
  #isSilent(name: string): boolean {
    const { settings, store, clock } = this.#world;
    const node = store.get<Node>("nodes", undefined, name);
    if (node === undefined) return true;
    const beat = node.metadata.annotations?.[annotations.heartbeat];
    if (beat === undefined) return false;
    return clock.wall().getTime() - Date.parse(beat) > settings.heartbeatTimeoutSeconds * 1000;
  }

  /** Answers how long the pass takes. */
  #reconcile(name: string): number {
    const node = this.#world.store.get<Node>("nodes", undefined, name);
    let tookMs = 0;
    if (this.#isSilent(name)) {
      if (node?.metadata.labels?.[labels.schedulable] === "true") this.#markUnschedulable(node);
      const active = this.#instances.on(name).filter(isHandlers);
      if (node !== undefined && active.length > 0 && !this.#hasHandler(name)) {
        const message =
          "virt-handler is not present, there are orphaned vmis on this node. Run virt-handler on this node to migrate or remove them.";
        recordEvent(this.#world, node, "Warning", "NodeUnresponsive", message, "node-controller");
      }
      if (active.length > 0) tookMs = this.#draw(askForPodsMs, name, "pods", String(this.#world.clock.now()));
      for (const vmi of active) {
        tookMs += this.#draw(writeMs, vmi.metadata.uid, "unresponsive");
        this.#world.clock.schedule(tookMs, () => this.#failWithoutPod(vmi, name));
      }
    }
    if (node !== undefined) this.#queue.add(name, this.#world.settings.heartbeatRecheckSeconds * 1000);
    return tookMs;
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

  /**
   * Fails the VMI, whoever else has done so since the pass began. A pod that ends without its node's knowledge is alive
   * as long as its last status says so.
   */
  #failWithoutPod(vmi: VirtualMachineInstance, node: string): void {
    if (!this.#world.up("virt-controller")) return;
    const pods = this.#world.index.podsOwnedBy(vmi.metadata.uid);
    if (pods.some((pod) => pod.spec.nodeName === node && isAlive(pod))) return;
    const message = `virt-handler on node ${node} is not responsive, marking VMI as failed`;
    recordEvent(this.#world, vmi, "Normal", "NodeUnresponsive", message, "node-controller");
    // Every write to a VMI passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return;
    const { namespace: of, name, uid } = vmi.metadata;
    this.#world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", of, name, (draft) => {
      if (draft.metadata.uid !== uid) return;
      draft.status.phase = "Failed";
      draft.status.reason = "NodeUnresponsive";
    });
  }

  #draw([low, high]: readonly [number, number], ...what: string[]): number {
    return this.#world.random.between(low, high, "node", ...what);
  }
}

function isAlive(pod: Pod): boolean {
  if (isPodFinal(pod)) return false;
  const statuses = pod.status.containerStatuses ?? [];
  return statuses.length === 0 || statuses.some(({ state }) => state.terminated === undefined);
}
