import type { KubeObject, VirtualMachine } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { SyncError } from "../sync-error.ts";
import type { InstancetypeSpec, PreferenceSpec } from "./instancetype-specs.ts";
import { findRevision, keepRevision } from "./revisions.ts";

interface Typed<S> extends KubeObject {
  spec: S;
}

/** What a VM's matchers say, found: the specs to be applied and where they are kept. */
export interface Matched {
  instancetype?: { spec: InstancetypeSpec; name: string; cluster: boolean };
  preference?: { spec: PreferenceSpec; name: string; cluster: boolean };
  /** For the VM's status. */
  refs: Record<"instancetypeRef" | "preferenceRef", object | undefined>;
}

type Matcher = NonNullable<VirtualMachine["spec"]["instancetype"]>;
type What = keyof typeof kinds;

const kinds = {
  instancetype: {
    namespaced: "virtualmachineinstancetypes",
    cluster: "virtualmachineclusterinstancetypes",
    failure: "FailedFindInstancetype",
  },
  preference: {
    namespaced: "virtualmachinepreferences",
    cluster: "virtualmachineclusterpreferences",
    failure: "FailedFindPreference",
  },
} as const;

/**
 * Finds the VM's instance type and preference and keeps a revision of each, so that later changes or their
 * deletion do not touch the VM. Throws a SyncError for what is not there.
 */
export function matchInstancetype(world: World, vm: VirtualMachine): Matched {
  const instancetype = match<InstancetypeSpec>(world, vm, "instancetype");
  const preference = match<PreferenceSpec>(world, vm, "preference");
  return {
    ...(instancetype !== undefined && { instancetype }),
    ...(preference !== undefined && { preference }),
    refs: { instancetypeRef: instancetype?.ref, preferenceRef: preference?.ref },
  };
}

/** The VM's instance type, as its revision has it where one is kept; undefined where it names none. Throws a SyncError for one that is not there. */
export function findInstancetype(world: World, vm: VirtualMachine): InstancetypeSpec | undefined {
  return find<InstancetypeSpec>(world, vm, "instancetype")?.spec;
}

/** The VM's preference, likewise. */
export function findPreference(world: World, vm: VirtualMachine): PreferenceSpec | undefined {
  return find<PreferenceSpec>(world, vm, "preference")?.spec;
}

function match<S>(world: World, vm: VirtualMachine, what: What) {
  const found = find<S>(world, vm, what);
  if (found === undefined) return undefined;
  const { matcher, source } = found;
  const name = matcher.name!;
  const { uid, generation = 1 } = source.metadata;
  const revision =
    found.revision ?? keepRevision(world, vm, `${vm.metadata.name}-${name}-v1beta1-${uid}-${generation}`, source);
  return {
    spec: (revision.data as Typed<S>).spec,
    name,
    cluster: isClusterKind(matcher.kind),
    ref: {
      controllerRevisionRef: { name: revision.metadata.name },
      ...(matcher.kind !== undefined && { kind: matcher.kind }),
      name,
    },
  };
}

function find<S>(world: World, vm: VirtualMachine, what: What) {
  const matcher: Matcher | undefined = vm.spec[what];
  if (matcher?.name === undefined) return undefined;
  const kept = keptRevisionName(vm, what, matcher);
  const revision = kept === undefined ? undefined : findRevision(world, vm, kept);
  const cluster = isClusterKind(matcher.kind);
  const plural = cluster ? kinds[what].cluster : kinds[what].namespaced;
  const source =
    (revision?.data as Typed<S> | undefined) ??
    world.store.get<Typed<S>>(plural, cluster ? undefined : vm.metadata.namespace, matcher.name);
  if (source === undefined) {
    throw new SyncError(kinds[what].failure, `${plural}.instancetype.kubevirt.io "${matcher.name}" not found`);
  }
  return { matcher, revision, source, spec: source.spec };
}

/** The revision that the VM runs by already, where it still asks for the same thing. */
function keptRevisionName(vm: VirtualMachine, what: What, matcher: Matcher): string | undefined {
  if (matcher.revisionName) return matcher.revisionName;
  const ref = vm.status?.[`${what}Ref`] as
    { name?: string; kind?: string; controllerRevisionRef?: { name: string } } | undefined;
  return ref?.name === matcher.name && ref?.kind === matcher.kind ? ref?.controllerRevisionRef?.name : undefined;
}

/** No kind is the cluster-wide one; it may be given in singular or plural, in any case. */
function isClusterKind(kind: string | undefined): boolean {
  return kind === undefined || kind === "" || kind.toLowerCase().startsWith("virtualmachinecluster");
}
