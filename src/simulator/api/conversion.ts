import type { KubeObject } from "../../kube/objects.ts";

/** Between the version that a resource is stored in and another that it is served in. */
interface Conversion {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

/** What the first version has in its specification itself, and the second in a part of it. */
const moved = ["evictionStrategy", "liveMigrationConfig", "workloadUpdateStrategy"];

/** Kinds whose versions differ in more than their name, by `group/version` (HCO's api/v1beta1/conversion.go). */
const conversions: Record<string, Conversion | undefined> = {
  "hco.kubevirt.io/v1beta1": {
    toStored: (object) => {
      const { spec = {} } = object as Hco;
      const virtualization = pick(spec, (field) => moved.includes(field));
      return { ...object, spec: { ...pick(spec, (field) => !moved.includes(field)), virtualization } } as KubeObject;
    },
    fromStored: (object) => {
      const { virtualization, ...spec } = (object as Hco).spec ?? {};
      return { ...object, spec: { ...spec, ...(virtualization as object | undefined) } } as KubeObject;
    },
  },
};

type Hco = KubeObject & { spec?: Record<string, unknown> };

/** The object as it is stored, from one of that `group/version`. */
export function toStored(apiVersion: string, object: KubeObject): KubeObject {
  return conversions[apiVersion]?.toStored(object) ?? object;
}

/** A stored object in that `group/version`; the object itself where nothing differs but the name. */
export function fromStored(apiVersion: string, object: KubeObject): KubeObject {
  return conversions[apiVersion]?.fromStored(object) ?? object;
}

function pick(fields: Record<string, unknown>, wanted: (field: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => wanted(field)));
}
