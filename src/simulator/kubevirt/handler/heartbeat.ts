import type { Node } from "../../../kube/objects.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { World } from "../../world.ts";
import { annotations, labels } from "../names.ts";
import { labelNode } from "./node-labels.ts";

/** What virt-handler's device plug-ins offer to pods, and how many of each (device-manager: maxDevices). */
const devices = ["devices.kubevirt.io/kvm", "devices.kubevirt.io/tun", "devices.kubevirt.io/vhost-net"];
const devicesEach = 1000;

/**
 * virt-handler's beat (virt-handler/heartbeat/heartbeat.go): one at start, one when the device plug-ins are
 * registered, then again and again; each says on the node whether VMs may be scheduled to it.
 */
export function startHeartbeat(
  world: World,
  machine: SimulatedMachine,
  incarnation: string,
  alive: () => boolean,
): void {
  const { heartbeatSeconds, heartbeatJitterFactor } = world.settings;
  const { node } = machine;
  let beats = 0;
  const beat = (): void => {
    if (!alive()) return;
    if (world.reachesApi(node)) {
      labelNode(world, node);
      patchNode(world, node, registered());
    }
    const next = heartbeatSeconds * (1 + heartbeatJitterFactor * world.random.fraction(incarnation, "beat", beats++));
    machine.schedule(next * 1000, beat);
  };
  if (world.reachesApi(node)) {
    labelNode(world, node);
    patchNode(world, node, registered());
  }
  machine.schedule(world.random.between(2_000, 8_000, incarnation, "device plug-ins"), () => {
    if (!alive()) return;
    offerDevices();
    beat();
  });
  // A kubelet that starts knows no plug-in; each sees its new socket and registers again.
  let kubeletRunning = machine.kubeletRunning;
  machine.onChange(() => {
    const starts = machine.kubeletRunning && !kubeletRunning;
    kubeletRunning = machine.kubeletRunning;
    if (!starts || !alive()) return;
    machine.schedule(world.random.between(2_000, 5_000, incarnation, "register again", world.clock.now()), () => {
      if (alive()) offerDevices();
    });
  });

  function offerDevices(): void {
    for (const device of devices) machine.devices.set(device, devicesEach);
  }

  function registered(): boolean {
    return devices.every((device) => machine.devices.has(device));
  }
}

function patchNode(world: World, name: string, schedulable: boolean): void {
  world.store.mutate<Node>("nodes", undefined, name, (node) => {
    node.metadata.labels = { ...node.metadata.labels, [labels.schedulable]: String(schedulable) };
    node.metadata.annotations = { ...node.metadata.annotations, [annotations.heartbeat]: world.clock.stamp() };
  });
}
