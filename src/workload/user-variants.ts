import { UsageError } from "../errors.ts";
import type { Manifest, RunStrategy, VmiSpec } from "../kube/objects.ts";
import { readManifests } from "./read-manifests.ts";
import { resourceOf } from "./resource-of.ts";
import { runStrategies, variantLabel, type Variant } from "./variant.ts";

const kinds = ["VirtualMachine", "VirtualMachineInstance", "VirtualMachineInstanceReplicaSet"] as const;

/**
 * A user's own VMs as victims: every VirtualMachine, VMI and replica set of the files, each with their other
 * objects (instance types, volumes, secrets) as what it needs. A `UsageError` where there is none, or where one
 * contradicts itself.
 */
export function userVariants(files: string[]): Variant[] {
  const file = files.join(", ");
  const manifests = files.flatMap(readManifests);
  for (const manifest of manifests) resourceOf(manifest);
  const machines = manifests.filter(isMachine);
  if (machines.length === 0) {
    const found = [...new Set(manifests.map((manifest) => manifest.kind))].join(", ");
    throw new UsageError(`${file} holds no virtual machine: it needs a ${kinds.join(", a ")} (found: ${found})`);
  }
  const names = machines.map(({ metadata }) => metadata.name!);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`${file} holds two virtual machines called ${twice}, and they are run in one namespace`);
  }
  const needs = manifests.filter((manifest) => !isMachine(manifest));
  return machines.map((manifest) => toVariant(structuredClone(manifest), needs, file));
}

function isMachine(manifest: Manifest): boolean {
  return manifest.apiVersion.startsWith("kubevirt.io/") && (kinds as readonly string[]).includes(manifest.kind);
}

function toVariant(manifest: Manifest, needs: Manifest[], file: string): Variant {
  const name = manifest.metadata.name!;
  const kind = manifest.kind as Variant["kind"];
  const label = { [variantLabel]: name };
  manifest.metadata.labels = { ...manifest.metadata.labels, ...label };
  const { vmiSpec, notes, runStrategy } = read(manifest, kind, `${file}: ${kind} ${name}`, label);
  return {
    name,
    role: "victim",
    kind,
    runStrategy,
    evictionStrategy: vmiSpec.evictionStrategy ?? null,
    manifests: [manifest, ...needs],
    notes,
  };
}

interface Reading {
  vmiSpec: VmiSpec;
  runStrategy: RunStrategy | null;
  notes: string[];
}

function read(manifest: Manifest, kind: Variant["kind"], which: string, label: Record<string, string>): Reading {
  const spec = manifest["spec"] as Record<string, unknown> | undefined;
  if (typeof spec !== "object" || spec === null) throw new UsageError(`${which} has no spec`);
  if (kind === "VirtualMachineInstance") {
    requireDomain(spec, `${which}: spec`);
    return { vmiSpec: spec as VmiSpec, runStrategy: null, notes: [] };
  }
  const template = spec["template"] as { metadata?: { labels?: Record<string, string> }; spec?: unknown } | undefined;
  if (typeof template !== "object" || template === null) throw new UsageError(`${which} has no spec.template`);
  requireDomain(template.spec, `${which}: spec.template.spec`);
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...label } };
  const vmiSpec = template.spec as VmiSpec;
  if (kind === "VirtualMachineInstanceReplicaSet") return { vmiSpec, runStrategy: null, notes: [] };
  return { vmiSpec, ...readRunStrategy(spec, which) };
}

function requireDomain(spec: unknown, where: string): void {
  const domain = (spec as { domain?: { devices?: unknown } } | null | undefined)?.domain;
  if (typeof domain !== "object" || domain === null) throw new UsageError(`${where}.domain is missing`);
  if (typeof domain.devices !== "object" || domain.devices === null) {
    throw new UsageError(`${where}.domain.devices is missing; it may be empty: devices: {}`);
  }
}

/** KubeVirt's own rules of `running` and `runStrategy`, and what testing a halted VM means. */
function readRunStrategy(spec: Record<string, unknown>, which: string): Omit<Reading, "vmiSpec"> {
  const { running, runStrategy } = spec;
  if (running !== undefined && runStrategy !== undefined) {
    throw new UsageError(
      `${which} has both spec.running and spec.runStrategy, which exclude each other; remove spec.running (deprecated)`,
    );
  }
  if (running !== undefined && typeof running !== "boolean") {
    throw new UsageError(`${which}: spec.running is ${JSON.stringify(running)}; it can be true or false`);
  }
  if (runStrategy !== undefined && !runStrategies.includes(runStrategy as RunStrategy)) {
    throw new UsageError(
      `${which}: spec.runStrategy is ${JSON.stringify(runStrategy)}; it can be ${runStrategies.join(", ")}`,
    );
  }
  if (running === undefined && runStrategy === undefined) {
    throw new UsageError(`${which} has no spec.runStrategy; say how it is to be run, e.g. runStrategy: Always`);
  }
  const stated = (runStrategy as RunStrategy | undefined) ?? (running === true ? "Always" : "Halted");
  if (stated !== "Halted") return { runStrategy: stated, notes: [] };
  delete spec["running"];
  spec["runStrategy"] = "Always";
  return {
    runStrategy: "Always",
    notes: [
      "it is halted in the manifest; starting it makes its run strategy Always, as `virtctl start` does, and so it is tested",
    ],
  };
}
