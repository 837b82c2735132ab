import type { Receipt, VmiRef } from "../cluster.ts";
import { actOn, type Done, type HandTools } from "./act.ts";
import { mustFindLauncher } from "./find-launcher.ts";
import { commands } from "./processes.ts";

/**
 * Words for scripts that reach a guest from below, whatever its image and whatever state it is in: QEMU's own monitor,
 * through the libvirt of the launcher's container. libvirt's user decides which of its sockets it listens on.
 */
const prelude = `
container=$1 domain=$2 vmi=$3
qemu=$(pids_of "$container" "${commands.qemu}" | head -n 1)
[ -n "$qemu" ] || fail "no qemu runs in container $container"
libvirt=$(pids_of "$container" virtqemud | head -n 1)
[ -n "$libvirt" ] || fail "no virtqemud runs in container $container"
user=$(stat -c %u "/proc/$libvirt"); group=$(stat -c %g "/proc/$libvirt")
if [ "$user" = 0 ]; then mode=system; else mode=session; fi
libvirt() {
  nsenter -t "$libvirt" -m -n -p -i -S "$user" -G "$group" -- \\
    virsh -q -c "qemu+unix:///$mode?socket=/var/run/libvirt/virtqemud-sock" "$@" </dev/null
}
monitor() { # a command of QEMU's human monitor
  told=$(libvirt qemu-monitor-command --hmp "$domain" "$1") && echo "$told" | tr -d '\\r'
}
machine() { # a region of the machine's ports, whose address it prints
  monitor "info mtree" | sed -n "s/^ *0*\\([0-9a-f]*\\)-.*: $1\\$/0x\\1/p" | head -n 1
}
events=/tmp/rebound-events-$$
listen() { # an event of QEMU's; begun before what brings it about
  libvirt qemu-monitor-event "$domain" --event "$1" --timeout 30 --timestamp >$events 2>&1 &
  listener=$!
  trap 'kill $listener 2>/dev/null; rm -f $events' EXIT
  sleep 1
}
heard() { # an event that was listened for; what QEMU said of it
  wait $listener
  event=$(grep -m 1 "event $1" $events) || fail "QEMU did not say $1: $(cat $events)"
  say event "$event"
}
console=/proc/$libvirt/root/var/run/kubevirt-private/$vmi/virt-serial0-log
mark() { said_before=$(stat -c %s "$console" 2>/dev/null || echo 0); }
printed() { # a pattern, seconds to wait for it on the guest's serial console since the mark
  left=$(($2 * 50)); tick; looked=$now
  while :; do
    tick; looking=$now
    line=$(tail -c +$((said_before + 1)) "$console" 2>/dev/null | tr -d '\\r' | grep -aE -m 1 "$1")
    [ -z "$line" ] || return 0
    [ $((left -= 1)) -gt 0 ] || return 1
    looked=$looking
    sleep 0.02
  done
}
`;

/** Does something to a VMI's guest through QEMU's monitor. */
export async function actOnGuest(tools: HandTools, vmi: VmiRef, what: string, script: string): Promise<Done> {
  const { node, container, domain, vmiUid } = await mustFindLauncher(tools.kube, vmi);
  return actOn(tools, node, {
    what: `${what} of ${vmi.name}`,
    script: prelude + script,
    args: [container, domain, vmiUid],
    limitSeconds: 90,
  });
}

/** A receipt of an act on a guest; `evidence` is made of what its script said. */
export async function receiptOf(
  done: Promise<Done>,
  evidence: (said: Record<string, string>) => string,
): Promise<Receipt> {
  const { fromMs, toMs, said } = await done;
  return { fromMs, toMs, evidence: evidence(said) };
}
