import type { Receipt, VmiRef } from "../cluster.ts";
import { actOn, type HandTools } from "./act.ts";
import { mustFindLauncher } from "./find-launcher.ts";

/** Processes of a launcher's container, by what the kernel calls their commands: of fifteen letters at most. */
export const commands = {
  qemu: "qemu-system.*|qemu-kvm",
  "virt-launcher": "virt-launcher",
  virtqemud: "virtqemud",
} as const;

/** How long a process that was killed may take to end: the kernel frees a guest's memory first. */
const endSeconds = 10;

const script = `
container=$1 name=$2 pattern=$3
pids=$(pids_of "$container" "$pattern")
[ -n "$pids" ] || fail "no $name runs in container $container"
begin
kill -9 $pids
# From here on none of their threads runs on; that they are gone takes the kernel its time.
end
for pid in $pids; do
  left=${endSeconds * 100}
  while lives "$pid"; do
    [ $((left -= 1)) -gt 0 ] || fail "$name (pid $pid) was killed and lives"
    sleep 0.01
  done
done
say pids "$(echo $pids)"
`;

/** Kills processes of a VMI's launcher with SIGKILL, and nothing else; proven by that they are gone. */
export async function killProcess(reach: HandTools, vmi: VmiRef, name: keyof typeof commands): Promise<Receipt> {
  const { node, container } = await mustFindLauncher(reach.kube, vmi);
  const { fromMs, toMs, said } = await actOn(reach, node, {
    what: `killing ${name} of ${vmi.name}`,
    script,
    args: [container, name, commands[name]],
    limitSeconds: endSeconds + 10,
  });
  return { fromMs, toMs, evidence: `${name} (pid ${said["pids"]} on node ${node}) is gone` };
}
