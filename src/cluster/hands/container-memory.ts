import type { Receipt, VmiRef } from "../cluster.ts";
import type { HandTools } from "./act.ts";
import { actOnGuest, receiptOf } from "./monitor.ts";

/**
 * The limit of the compute container's control group is put just above what is used, and qemu itself asks for more than that: the
 * kernel then kills as it does when a guest grows, qemu alone with version 1, the whole container with version 2. A
 * process from outside that ate up the rest would see others killed beside qemu. The count of kills is the proof; the limit is put back, for
 * what of the container may live on.
 */
const script = `
path=$(sed -n 's/^[0-9]*:[^:]*\\bmemory\\b[^:]*://p' "/proc/$qemu/cgroup")
if [ -n "$path" ]; then
  version=v1 cgroup=/sys/fs/cgroup/memory$path limit=memory.limit_in_bytes usage=memory.usage_in_bytes
else
  version=v2 cgroup=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$qemu/cgroup") limit=memory.max usage=memory.current
fi
case $cgroup in *"$container"*) ;; *) fail "the control group of qemu is $cgroup, not its container's" ;; esac
[ -w "$cgroup/$limit" ] || fail "there is no $cgroup/$limit to write to"
kills() { # a killed container's own group is gone soon, the pod's counts as well
  if [ $version = v1 ]; then sed -n 's/^oom_kill //p' "$cgroup/memory.oom_control"
  else sed -n 's/^oom_kill //p' "$cgroup/../memory.events"; fi 2>/dev/null
}
was=$(cat "$cgroup/$limit") before=$(kills)
trap 'echo "$was" > "$cgroup/$limit"' EXIT
begin
used=$(cat "$cgroup/$usage")
echo $((used + 1048576)) > "$cgroup/$limit" || fail "its limit cannot be put to what is used"
monitor "object_add memory-backend-ram,id=rebound,prealloc=on,size=$((used + 67108864))" >/dev/null 2>&1 &
left=1000
while tick; looked=$now; after=$(kills); [ "\${after:-0}" -le "\${before:-0}" ]; do
  echo "@begin $looked"
  [ $((left -= 1)) -gt 0 ] || fail "nothing was killed in $cgroup: $(cat "$cgroup/$usage") bytes in use under a limit of $(cat "$cgroup/$limit")"
  sleep 0.01
done
end
left=500
while lives "$qemu"; do
  [ $((left -= 1)) -gt 0 ] || fail "the kernel killed in $cgroup, and qemu (pid $qemu) lives"
  sleep 0.01
done
say version $version
say kills $((after - \${before:-0}))
say pid "$qemu"
`;

/** Drives the compute container over its memory limit until the kernel kills qemu in it. */
export async function oomKill(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "lowering the memory limit", script);
  return receiptOf(
    done,
    ({ version, kills, pid }) =>
      `the kernel counts ${kills} more OOM kills (cgroup ${version}), qemu (pid ${pid}) is gone`,
  );
}
