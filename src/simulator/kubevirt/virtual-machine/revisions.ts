import type { KubeObject, VirtualMachine } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { apiVersion } from "../names.ts";

const resource = "controllerrevisions";

/** A kept copy of what a VM was started from. */
export interface ControllerRevision extends KubeObject {
  data: unknown;
  revision: number;
}

/** Keeps `data` under that name, owned by the VM; an existing revision stays as it is. */
export function keepRevision(world: World, vm: VirtualMachine, name: string, data: unknown): ControllerRevision {
  const { namespace } = vm.metadata;
  const kept = world.store.get<ControllerRevision>(resource, namespace, name);
  if (kept !== undefined) return kept;
  return world.store.create<ControllerRevision>(resource, {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ownerReferences: [
        {
          apiVersion,
          blockOwnerDeletion: true,
          controller: true,
          kind: "VirtualMachine",
          name: vm.metadata.name,
          uid: vm.metadata.uid,
        },
      ],
    },
    data,
    revision: vm.metadata.generation ?? 1,
  });
}

/** The revision of that name in the VM's namespace. */
export function findRevision(world: World, vm: VirtualMachine, name: string): ControllerRevision | undefined {
  return world.store.get<ControllerRevision>(resource, vm.metadata.namespace, name);
}

/** Keeps the VM's spec as it is started now and drops what it was started from before; answers the revision's name. */
export function keepStartRevision(world: World, vm: VirtualMachine): string {
  const prefix = `revision-start-vm-${vm.metadata.uid}-`;
  const name = `${prefix}${vm.metadata.generation ?? 1}`;
  for (const dependent of world.index.dependentsOf(vm.metadata.uid)) {
    if (dependent.resource !== resource || !dependent.name.startsWith(prefix) || dependent.name === name) continue;
    world.store.delete(resource, dependent.namespace, dependent.name);
  }
  keepRevision(world, vm, name, { spec: vm.spec });
  return name;
}
