import type { KubeClient } from "../cluster/kube-client.ts";
import { isNotFound } from "../cluster/api-error.ts";
import { UsageError } from "../errors.ts";
import type {
  KubeObject,
  Manifest,
  OwnerReference,
  RunStrategy,
  VirtualMachine,
  VirtualMachineInstance,
  VmiSpec,
} from "../kube/objects.ts";
import { may, type Permission } from "../kube/permission.ts";
import {
  namespaces,
  persistentVolumeClaims,
  replicaSets,
  virtualMachineInstances,
  virtualMachines,
  type Resource,
} from "../kube/resources.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

/** VMs that run already: by their names, or by a label selector; all in one namespace. */
export interface Target {
  namespace: string;
  names: string[];
  selector: string | null;
}

/** In the order in which a name is looked up: what a VM or a replica set owns is not meant by itself. */
const kinds: readonly Resource[] = [virtualMachines, replicaSets, virtualMachineInstances];

/** What reading them asks of the API server. */
export const targetNeeds: readonly Permission[] = [
  may(["get"], namespaces),
  ...kinds.map((kind) => may(["get"], kind)),
  may(["get"], persistentVolumeClaims),
];

/**
 * The target's VMs as victims, as they are: their configuration is read from the live objects, and nothing of them
 * is changed.
 *
 * @throws UsageError where one is not there or does not run, or the selector selects none
 */
export async function liveVariants({ namespace, names, selector }: Target, kube: KubeClient): Promise<Variant[]> {
  if ((await kube.get(namespaces, namespace)) === null) throw new UsageError(`there is no namespace ${namespace}`);
  const vmis = await kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace });
  const found =
    selector === null
      ? await Promise.all(names.map((name) => find(kube, namespace, name)))
      : await select(kube, namespace, selector);
  if (found.length === 0) throw new UsageError(`no VM in namespace ${namespace} has the labels ${selector}`);
  return Promise.all(
    found.map(async (object) => {
      const { name } = object.metadata;
      const runs = vmis.some((vmi) => vmi.status.phase === "Running" && isOf(vmi, object));
      if (!runs) throw new UsageError(`${namespace}/${name} does not run, so there is nothing to break; start it`);
      return toVariant(object, kube, namespace);
    }),
  );
}

async function find(kube: KubeClient, namespace: string, name: string): Promise<KubeObject> {
  for (const kind of kinds) {
    const object = await kube.get(kind, name, namespace);
    if (object !== null) return object;
  }
  throw new UsageError(`there is no VM, replica set or VMI ${name} in namespace ${namespace}`);
}

/** What bears the labels itself, and what made a VMI that does. */
async function select(kube: KubeClient, namespace: string, labelSelector: string): Promise<KubeObject[]> {
  const lists = await Promise.all(kinds.map((kind) => kube.list(kind, { namespace, labelSelector })));
  const names = new Set(lists.flat().map((object) => controllerOf(object)?.name ?? object.metadata.name));
  return Promise.all([...names].sort().map((name) => find(kube, namespace, name)));
}

function isOf(vmi: VirtualMachineInstance, { kind, metadata: { name } }: KubeObject): boolean {
  const owner = controllerOf(vmi);
  return owner === undefined ? vmi.kind === kind && vmi.metadata.name === name : owner.name === name;
}

function controllerOf({ metadata: { ownerReferences = [] } }: KubeObject): OwnerReference | undefined {
  return ownerReferences.find(({ controller }) => controller === true);
}

async function toVariant(object: KubeObject, kube: KubeClient, namespace: string): Promise<Variant> {
  const kind = object.kind as Variant["kind"];
  const manifest = manifestOf(object);
  const spec = vmiSpecOf({ kind, manifests: [manifest] });
  return {
    name: object.metadata.name,
    role: "victim",
    kind,
    runStrategy: kind === "VirtualMachine" ? runStrategyOf(object as VirtualMachine) : null,
    evictionStrategy: spec.evictionStrategy ?? null,
    manifests: [manifest, ...(await claimsOf(spec, kube, namespace))],
    notes: ["it runs already, and is broken as it is"],
  };
}

/** An object without what the server added to it. */
function manifestOf({ apiVersion, kind, metadata: { name, labels, annotations }, ...rest }: KubeObject): Manifest {
  const { status: _status, ...own } = rest as { status?: unknown };
  const { "kubectl.kubernetes.io/last-applied-configuration": _applied, ...notes } = annotations ?? {};
  return { apiVersion, kind, metadata: { name, ...(labels && { labels }), annotations: notes }, ...own };
}

function runStrategyOf({ spec }: VirtualMachine): RunStrategy {
  return spec.runStrategy ?? (spec.running === true ? "Always" : "Halted");
}

/** The claims of its volumes: whether it can be migrated depends on them. */
async function claimsOf({ volumes = [] }: VmiSpec, kube: KubeClient, namespace: string): Promise<Manifest[]> {
  const names = volumes.flatMap((volume) => {
    const claim = volume["persistentVolumeClaim"] as { claimName: string } | undefined;
    // A data volume's claim has its name.
    const disk = volume["dataVolume"] as { name: string } | undefined;
    return [claim?.claimName, disk?.name].filter((name) => name !== undefined);
  });
  const claims = await Promise.all(
    names.map((name) =>
      kube.get(persistentVolumeClaims, name, namespace).catch((error: unknown) => {
        if (isNotFound(error)) return null;
        throw error;
      }),
    ),
  );
  return claims.filter((claim) => claim !== null).map(manifestOf);
}
