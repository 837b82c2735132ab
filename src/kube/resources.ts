/** A kind of object and where the API server keeps it. */
export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** As in a URL. */
  plural: string;
  kind: string;
  namespaced: boolean;
}

function resource(group: string, version: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version, plural, kind, namespaced };
}

export const nodes = resource("", "v1", "nodes", "Node", false);
export const namespaces = resource("", "v1", "namespaces", "Namespace", false);
export const pods = resource("", "v1", "pods", "Pod");
export const services = resource("", "v1", "services", "Service");
export const endpointSlices = resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
export const secrets = resource("", "v1", "secrets", "Secret");
export const configMaps = resource("", "v1", "configmaps", "ConfigMap");
export const persistentVolumeClaims = resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
export const storageClasses = resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", false);
export const leases = resource("coordination.k8s.io", "v1", "leases", "Lease");
export const events = resource("", "v1", "events", "Event");
export const virtualMachines = resource("kubevirt.io", "v1", "virtualmachines", "VirtualMachine");
export const virtualMachineInstances = resource(
  "kubevirt.io",
  "v1",
  "virtualmachineinstances",
  "VirtualMachineInstance",
);
export const replicaSets = resource(
  "kubevirt.io",
  "v1",
  "virtualmachineinstancereplicasets",
  "VirtualMachineInstanceReplicaSet",
);
export const migrations = resource(
  "kubevirt.io",
  "v1",
  "virtualmachineinstancemigrations",
  "VirtualMachineInstanceMigration",
);
export const migrationPolicies = resource(
  "migrations.kubevirt.io",
  "v1alpha1",
  "migrationpolicies",
  "MigrationPolicy",
  false,
);
export const hyperConvergeds = resource("hco.kubevirt.io", "v1", "hyperconvergeds", "HyperConverged");
export const kubeVirts = resource("kubevirt.io", "v1", "kubevirts", "KubeVirt");
export const instancetypes = resource(
  "instancetype.kubevirt.io",
  "v1beta1",
  "virtualmachineinstancetypes",
  "VirtualMachineInstancetype",
);
export const clusterInstancetypes = resource(
  "instancetype.kubevirt.io",
  "v1beta1",
  "virtualmachineclusterinstancetypes",
  "VirtualMachineClusterInstancetype",
  false,
);
export const preferences = resource(
  "instancetype.kubevirt.io",
  "v1beta1",
  "virtualmachinepreferences",
  "VirtualMachinePreference",
);
export const clusterPreferences = resource(
  "instancetype.kubevirt.io",
  "v1beta1",
  "virtualmachineclusterpreferences",
  "VirtualMachineClusterPreference",
  false,
);
export const dataVolumes = resource("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume");
export const networkAttachmentDefinitions = resource(
  "k8s.cni.cncf.io",
  "v1",
  "network-attachment-definitions",
  "NetworkAttachmentDefinition",
);

/** What is watched of a resource: all of it, or one namespace's. */
export interface Watched {
  resource: Resource;
  namespace?: string;
}

/**
 * What a journal watches: the experiment's own namespace, the nodes, and KubeVirt's pods; on a wide cluster all else
 * would drown them.
 */
export function watchedFor(namespace: string, kubeVirtNamespace: string): Watched[] {
  const own = [pods, events, virtualMachines, virtualMachineInstances, replicaSets, migrations];
  return [
    { resource: nodes },
    ...own.map((resource) => ({ resource, namespace })),
    { resource: pods, namespace: kubeVirtNamespace },
  ];
}

/** The URL path of a resource's collection, or of one object in it. */
export function pathOf(of: Resource, namespace?: string, name?: string): string {
  const parts = of.group === "" ? ["/api", of.version] : ["/apis", of.group, of.version];
  if (of.namespaced && namespace !== undefined) parts.push("namespaces", namespace);
  parts.push(of.plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  return parts.join("/");
}
