import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { UsageError } from "../../errors.ts";
import type { Manifest } from "../../kube/objects.ts";

/** KubeVirt's manifests as its releases name them. */
export const manifestFiles = { operator: "kubevirt-operator.yaml", kubevirt: "kubevirt-cr.yaml" };

/** Two texts for `kubectl apply`. */
export interface KubeVirtManifests {
  operator: string;
  kubevirt: string;
}

/**
 * Reads KubeVirt's manifests from a folder.
 *
 * @throws UsageError where they are not there
 */
export async function readManifests(folder: string): Promise<KubeVirtManifests> {
  const read = (file: string): Promise<string> =>
    readFile(join(folder, file), "utf8").catch((error: Error) => {
      const { operator, kubevirt } = manifestFiles;
      throw new UsageError(`--kubevirt-manifests must have ${operator} and ${kubevirt} of a release: ${error.message}`);
    });
  return { operator: await read(manifestFiles.operator), kubevirt: await read(manifestFiles.kubevirt) };
}

/** KubeVirt's own resource, told to emulate: a fallback, KVM is tried first. */
export function withEmulation(text: string): string {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
  const kubevirt = objects.find((object) => object?.kind === "KubeVirt") as KubeVirtManifest | undefined;
  if (!kubevirt) throw new UsageError(`${manifestFiles.kubevirt} has no object of kind KubeVirt`);
  const configuration = ((kubevirt.spec ??= {}).configuration ??= {});
  (configuration.developerConfiguration ??= {}).useEmulation = true;
  return objects.map((object) => stringify(object)).join("---\n");
}

interface KubeVirtManifest extends Manifest {
  spec?: { configuration?: { developerConfiguration?: { useEmulation?: boolean } } };
}

/** The operator's container, and what it makes its components' images from. */
interface OperatorManifest extends Manifest {
  spec?: { template?: { spec?: { containers?: { image?: string; env?: { name: string; value?: string }[] }[] } } };
}

/**
 * What the operator starts besides itself: from where its own image comes, unless its environment names another
 * (kubevirt v1.9.0, pkg/virt-operator/util/config.go).
 */
const components = ["virt-api", "virt-controller", "virt-handler", "virt-launcher", "virt-exportproxy"];

/** The images that an installation needs before the first VM, by the names under which nodes ask for them. */
export function imagesOf({ operator }: KubeVirtManifests): string[] {
  const objects = parseAllDocuments(operator).map((document) => document.toJS() as OperatorManifest | null);
  const deployment = objects.find((object) => object?.kind === "Deployment");
  const container = deployment?.spec?.template?.spec?.containers?.[0];
  if (container?.image === undefined) {
    throw new UsageError(`${manifestFiles.operator} has no Deployment with an image`);
  }
  const own = container.image;
  const named = (container.env ?? []).flatMap(({ name, value }) => (name.endsWith("_IMAGE") && value ? [value] : []));
  const imageOf = (component: string): string =>
    named.find((image) => shortName(image) === component) ?? own.replace(/virt-operator(?=[:@]|$)/, component);
  return [own, ...components.map(imageOf)];
}

/** The last part of an image's name, without tag and digest: `virt-launcher`. */
export function shortName(image: string): string {
  return image.replace(/@.*$/, "").replace(/^.*\//, "").replace(/:.*$/, "");
}
