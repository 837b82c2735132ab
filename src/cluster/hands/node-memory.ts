import { EnvironmentError } from "../../errors.ts";
import { quantityValue } from "../../kube/quantity.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes } from "../../kube/resources.ts";
import type { Receipt } from "../cluster.ts";
import { ask, readKubelet } from "../kubelet-settings.ts";
import { actOn, type HandTools } from "./act.ts";

/** How far below its threshold the kubelet is brought: more than its own count of a busy node wavers. */
const belowBytes = 64 * 2 ** 20;

/** What the machine must have left over when all of it is taken: what runs beside the node goes on. */
const reserveBytes = 2 ** 30;

const folder = "/run/rebound-memory";

/**
 * A file in memory of exactly that size, on a file system that holds no more: nothing can grow, and nothing needs to go
 * on running. It is written from a control group of its own at the root, so that it is neither a pod's nor is evicted.
 */
const fill = `
folder=${folder} bytes=$1 reserve=$2
available=$(($(sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) * 1024))
[ $((available - bytes)) -ge "$reserve" ] || fail "the machine has $((available / 1048576)) MiB of memory available: taking $((bytes / 1048576)) MiB would put it at risk"
mkdir -p "$folder"
grep -q " $folder " /proc/mounts || mount -t tmpfs -o "size=$bytes,mode=700" rebound-memory "$folder" || fail "no file system in memory can be mounted"
for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
  [ -e "$root/cgroup.procs" ] || continue
  mkdir -p "$root/rebound-memory" && echo $$ > "$root/rebound-memory/cgroup.procs" || fail "no control group can be made in $root"
  break
done
begin
fallocate -l "$bytes" "$folder/filling" || fail "$bytes bytes could not be taken"
end
say bytes "$(stat -c %s "$folder/filling")"
`;

const release = `
folder=${folder}
begin
if grep -q " $folder " /proc/mounts; then umount "$folder" || fail "$folder cannot be unmounted"; fi
[ ! -d "$folder" ] || rmdir "$folder"
end
for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
  [ ! -d "$root/rebound-memory" ] || rmdir "$root/rebound-memory"
done
`;

interface Summary {
  node: { memory: { availableBytes: number } };
}

/**
 * Takes memory of a node until its kubelet finds too little and evicts, but never more than leaves `leftBytes`.
 *
 * @throws EnvironmentError where its kubelet evicts only when the machine itself has none left, as it does by default
 */
export async function fillMemory(tools: HandTools, node: string, leftBytes: number): Promise<Receipt> {
  const { threshold, available, capacity } = await memoryOf(tools, node);
  const take = available - Math.max(threshold - belowBytes, leftBytes);
  if (threshold < leftBytes + belowBytes + reserveBytes) {
    throw new EnvironmentError(
      `node ${node} evicts only below ${mib(threshold)} of ${mib(capacity)}: to bring it there would put the machine at risk; ` +
        "set evictionHard memory.available in its KubeletConfiguration, as `rebound cluster up` does",
    );
  }
  if (take <= 0) throw new EnvironmentError(`node ${node} has ${mib(available)} left, less than its threshold already`);
  const { fromMs, toMs, said } = await actOn(tools, node, {
    what: "taking memory",
    script: fill,
    args: [String(Math.ceil(take)), String(reserveBytes)],
    limitSeconds: 120,
  });
  const taken = mib(Number(said["bytes"]));
  const evidence = `${taken} of node ${node} are taken; its kubelet counted ${mib(available)} and evicts below ${mib(threshold)}`;
  return { fromMs, toMs, evidence };
}

/** Gives back what was taken. */
export async function releaseMemory(tools: HandTools, node: string): Promise<Receipt> {
  const { fromMs, toMs } = await actOn(tools, node, { what: "giving memory back", script: release, limitSeconds: 60 });
  return { fromMs, toMs, evidence: `nothing of node ${node}'s memory is taken` };
}

/** The kubelet's own count, and what it holds against it; bytes. */
async function memoryOf(
  { kube }: HandTools,
  name: string,
): Promise<{ threshold: number; available: number; capacity: number }> {
  const node = await kube.get<Node>(nodes, name);
  const summary = await ask(kube, name, "stats/summary");
  const { evictionHardMemory } = await readKubelet(kube, node === null ? [] : [node]);
  if (node === null || summary === null || evictionHardMemory === null) {
    throw new EnvironmentError(`the kubelet of node ${name} cannot be asked how much memory it counts`);
  }
  const capacity = quantityValue(node.status.capacity?.["memory"] ?? "0");
  const { availableBytes } = (JSON.parse(summary) as Summary).node.memory;
  return { threshold: thresholdBytes(evictionHardMemory, capacity), available: availableBytes, capacity };
}

function thresholdBytes(threshold: string, capacity: number): number {
  if (threshold === "none") return 0;
  if (threshold.endsWith("%")) return (capacity * Number.parseFloat(threshold)) / 100;
  return quantityValue(threshold);
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
