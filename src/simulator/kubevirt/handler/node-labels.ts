import type { Node } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { annotations } from "../names.ts";

/** What virt-handler's labeller says of a node at its start, so that VMs find CPUs and machine types; and the first heartbeat. */
export function labelNode(world: World, name: string): void {
  world.store.mutate<Node>("nodes", undefined, name, (node) => {
    node.metadata.labels = {
      ...node.metadata.labels,
      cpumanager: "false",
      "kubevirt.io/cpumanager": "false",
      "cpu-vendor.node.kubevirt.io/Intel": "true",
      "host-model-cpu.node.kubevirt.io/Cascadelake-Server": "true",
    };
    for (const type of ["q35", "pc", "pc-q35-11.1", "pc-i440fx-11.1"]) {
      node.metadata.labels[`machine-type.node.kubevirt.io/${type}`] = "true";
    }
    for (const model of cpuModels) {
      node.metadata.labels[`cpu-model.node.kubevirt.io/${model}`] = "true";
      node.metadata.labels[`cpu-model-migration.node.kubevirt.io/${model}`] = "true";
    }
    for (const feature of cpuFeatures) node.metadata.labels[`cpu-feature.node.kubevirt.io/${feature}`] = "true";
    node.metadata.annotations = { ...node.metadata.annotations, [annotations.heartbeat]: world.clock.stamp() };
  });
}

/** What a worker's CPU can pass for, as libvirt names it: an Intel server of some years ago. */
const cpuModels = [
  "Penryn",
  "Nehalem",
  "Westmere",
  "SandyBridge",
  "IvyBridge",
  "Haswell-noTSX",
  "Broadwell-noTSX",
  "Skylake-Client-noTSX-IBRS",
  "Skylake-Server-noTSX-IBRS",
  "Cascadelake-Server-noTSX",
  "Cascadelake-Server",
];

const cpuFeatures = [
  "aes",
  "apic",
  "avx",
  "avx2",
  "hypervisor",
  "invtsc",
  "pcid",
  "spec-ctrl",
  "sse4.2",
  "ssbd",
  "vmx",
];
