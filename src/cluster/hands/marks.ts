import { mustRunOn, type NodeShell } from "../node-shell.ts";

/**
 * Everything that hands put on a node has a name by which it is found: rules and chains of the packet filter, also in the pods'
 * networks, the queue of a slow API server, units that keep a component stopped, a file system that takes memory.
 */
const script = `
for service in kubelet containerd; do
  state=$(systemctl is-active $service)
  [ "$state" = active ] || echo "$service is $state"
done
for component in virt-controller virt-api virt-handler; do
  [ "$(systemctl is-active rebound-stop-$component)" != active ] || echo "$component is kept stopped (unit rebound-stop-$component)"
  for comm in $(grep -lE "^$component\\$" /proc/[0-9]*/comm 2>/dev/null); do
    if grep -q '^State:[[:space:]]*T' "\${comm%comm}status" 2>/dev/null; then echo "a process of $component is stopped"; fi
  done
done
if grep -q " /run/rebound-memory " /proc/mounts; then echo "memory is taken (/run/rebound-memory)"; fi
for tool in iptables ip6tables; do
  for table in raw mangle filter; do
    n=$($tool -w 5 -t $table -S 2>/dev/null | grep -cE "rebound-partition|REBOUND-API")
    [ "$n" = 0 ] || echo "$n rules of $tool's table $table"
  done
done
if tc qdisc show 2>/dev/null | grep -q " 3ca1: "; then echo "a queue that delays the API server's answers"; fi
seen=" $(stat -L -c %i /proc/self/ns/net) "
for process in /proc/[0-9]*; do
  network=$(stat -L -c %i "$process/ns/net" 2>/dev/null) || continue
  case $seen in *" $network "*) continue ;; esac
  seen="$seen$network "
  if nsenter -t "\${process#/proc/}" -n -- iptables -w 5 -t raw -S 2>/dev/null | grep -q rebound-port; then echo "a closed port in the network of process \${process#/proc/}"; fi
done
true
`;

/** What hands have left on a node, each in a few words; none where all is put back. */
export async function marksOn(shell: NodeShell, node: string): Promise<string[]> {
  const { stdout } = await mustRunOn(shell, node, "looking for what was left", script, [], { limitSeconds: 60 });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((mark) => `node ${node}: ${mark}`);
}
