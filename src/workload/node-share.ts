import { UsageError } from "../errors.ts";
import { quantityValue } from "../kube/quantity.ts";
import type { Host } from "./hosting.ts";
import type { Variant } from "./variant.ts";

/** A part of what a worker has for pods, as a quantity of memory: `shareOfNode(55)`. What that is on a cluster is found when it is planned. */
export function shareOfNode(percent: number): string {
  if (Number.isInteger(percent) && percent > 0 && percent < 100) return `${percent}% of a node`;
  throw new UsageError(`a share of a node is ${percent}%; it must be a whole number between 0 and 100`);
}

const form = /(\d+)% of a node/;

/** What launchers need beside what their VMs request, with a margin, in bytes: an allowance. */
const launcherBytes = 2 ** 30;

/** The share of a node that its manifests ask for, as `shareOfNode` says it; null where they ask for none. */
export function shareOf({ manifests }: Pick<Variant, "manifests">): string | null {
  return form.exec(JSON.stringify(manifests))?.[0] ?? null;
}

/** Such a share of the largest worker, as a quantity: more than half of that fits no node twice. */
export function shareAsQuantity(share: string, host: Host): string {
  return `${Math.floor(shareBytes(share, host) / 2 ** 20)}Mi`;
}

/** Why the cluster can give no such share, in words; null where it can. */
export function whyNoShare(share: string, host: Host): string | null {
  if (host.isShared) return "it asks for a share of a node, and others use the nodes of an existing cluster";
  const wanted = shareBytes(share, host) + launcherBytes;
  const short = host.workers.find(({ freeBytes }) => freeBytes < wanted);
  if (short === undefined) return null;
  const [asked, free] = [wanted, short.freeBytes].map((bytes) => `${(bytes / 2 ** 30).toFixed(1)}Gi`);
  return `${share}, the largest worker, is ${asked} with a launcher, and ${short.node.metadata.name} has ${free} free`;
}

function shareBytes(share: string, { workers }: Host): number {
  const largest = Math.max(0, ...workers.map(({ node }) => quantityValue(node.status.allocatable?.["memory"] ?? "0")));
  return (largest * Number(form.exec(share)![1])) / 100;
}
