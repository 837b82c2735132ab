import type { Receipt, VmiRef } from "../cluster.ts";
import { actOn, type HandTools } from "./act.ts";
import { mustFindLauncher } from "./find-launcher.ts";
import { commands } from "./processes.ts";

/**
 * The limit of the compute container's control group is lowered, and the kernel kills in it. Version 2 kills at once
 * when the limit is below what is used. Version 1 refuses that: there the limit is put just above, and a process that
 * joins the group, small and itself exempt where the kernel allows it, asks for more. The count of kills is the proof; the limit is put back,
 * for what of the container may live on.
 */
const script = `
container=$1
qemu=$(pids_of "$container" "${commands.qemu}" | head -n 1)
[ -n "$qemu" ] || fail "no qemu runs in container $container"
path=$(sed -n 's/^[0-9]*:[^:]*\\bmemory\\b[^:]*://p' "/proc/$qemu/cgroup")
if [ -n "$path" ]; then
  version=v1 group=/sys/fs/cgroup/memory$path limit=memory.limit_in_bytes usage=memory.usage_in_bytes
else
  version=v2 group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$qemu/cgroup") limit=memory.max usage=memory.current
fi
case $group in *"$container"*) ;; *) fail "the control group of qemu is $group, not its container's" ;; esac
[ -w "$group/$limit" ] || fail "there is no $group/$limit to write to"
kills() {
  if [ $version = v1 ]; then sed -n 's/^oom_kill //p' "$group/memory.oom_control"
  else sed -n 's/^oom_kill //p' "$group/../memory.events"; fi 2>/dev/null
}
was=$(cat "$group/$limit") before=$(kills)
trap 'echo "$was" > "$group/$limit"' EXIT
begin
if [ $version = v2 ]; then
  echo $(($(cat "$group/$usage") / 2)) > "$group/$limit"
else
  left=50
  until echo $(($(cat "$group/$usage") + 1048576)) > "$group/$limit"; do
    [ $((left -= 1)) -gt 0 ] || fail "the limit could not be lowered to what is used"
  done 2>/dev/null
  sh -c 'echo -1000 > /proc/self/oom_score_adj; echo $$ > "$1/cgroup.procs"; head -c 67108864 /dev/zero | tail -c 67108864 >/dev/null' sh "$group" 2>/dev/null
fi
left=500
while after=$(kills); [ "\${after:-0}" -le "\${before:-0}" ]; do
  [ $((left -= 1)) -gt 0 ] || fail "nothing was killed in $group: $(cat "$group/$usage") bytes in use under a limit of $(cat "$group/$limit")"
  sleep 0.01
done
end
left=500
while lives "$qemu"; do
  [ $((left -= 1)) -gt 0 ] || fail "the kernel killed in $group, and qemu (pid $qemu) lives"
  sleep 0.01
done
say version $version
say kills $((after - \${before:-0}))
say pid "$qemu"
`;

/** Drives the compute container over its memory limit until the kernel kills qemu in it. */
export async function oomKill(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const { node, container } = await mustFindLauncher(tools.kube, vmi);
  const { fromMs, toMs, said } = await actOn(tools, node, {
    what: `lowering the memory limit of ${vmi.name}`,
    script,
    args: [container],
    limitSeconds: 40,
  });
  const { version, kills, pid } = said;
  return {
    fromMs,
    toMs,
    evidence: `the kernel counts ${kills} more OOM kills (cgroup ${version}), qemu (pid ${pid}) is gone`,
  };
}
