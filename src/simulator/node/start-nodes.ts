import type { Pod } from "../../kube/objects.ts";
import type { VolumeAttachment } from "../controllers/attach-detach.ts";
import type { World } from "../world.ts";
import { ContainerRuntime } from "./container-runtime.ts";
import { Kubelet } from "./kubelet.ts";
import { SimulatedMachine } from "./machine.ts";
import type { NodeProfile } from "./node-object.ts";

/** Puts up a machine with a container runtime and a settled kubelet for every profile. */
export function startNodes(world: World, profiles: NodeProfile[]): Map<string, Kubelet> {
  const kubelets = new Map<string, Kubelet>();
  for (const profile of profiles) {
    const machine = new SimulatedMachine(profile.name, profile.memoryBytes, world.clock);
    world.machines.set(profile.name, machine);
    for (const device of ["kvm", "tun", "vhost-net"]) {
      if (!profile.controlPlane) machine.devices.set(`devices.kubevirt.io/${device}`, 1000);
    }
    const runtime = new ContainerRuntime(world, machine);
    world.runtimes.set(profile.name, runtime);
    const kubelet = new Kubelet(world, machine, runtime, profile);
    kubelets.set(profile.name, kubelet);
    kubelet.settle();
  }
  // One listener for all kubelets: each change concerns at most one of them.
  world.store.subscribe(({ resource, object }) => {
    if (resource === "pods") {
      const { nodeName } = (object as Pod).spec;
      if (nodeName !== undefined) kubelets.get(nodeName)?.podChanged(object as Pod);
    } else if (resource === "volumeattachments") {
      const { spec, status } = object as VolumeAttachment;
      if (status.attached) kubelets.get(spec.nodeName)?.volumeAttached();
    }
  });
  return kubelets;
}
