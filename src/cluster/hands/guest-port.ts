import type { Receipt, VmiRef } from "../cluster.ts";
import { actOn, type HandTools } from "./act.ts";
import { findLauncher, mustFindLauncher } from "./find-launcher.ts";

/**
 * Drops what comes for a port, in the network namespace of the launcher's pod and before anything is translated there
 * (raw PREROUTING comes before nat): so it is dropped whatever the guest is and whoever asks, the kubelet's probes too. A guest that is
 * bridged to the pod's network never meets those tables, which is what the bridge's own are for.
 */
const script = `
do=$1 container=$2 port=$3
pid=$(pids_of "$container" ".*" | head -n 1)
if [ -z "$pid" ]; then
  [ "$do" = open ] || fail "no process runs in container $container"
  say rules 0; exit 0
fi
network() { stat -L -c %i "/proc/$1/ns/net"; }
[ "$(network "$pid")" != "$(network self)" ] || fail "its pod has no network of its own: a filter there would be the node's"
in_pod() { nsenter -t "$pid" -n -- "$@"; }
rules() { # action: -I or -D
  n=0
  for tool in iptables ip6tables; do
    if in_pod $tool -w 5 -t raw "$1" PREROUTING -p tcp --dport "$port" -m comment --comment rebound-port -j DROP; then n=$((n + 1)); fi
  done
  for family in "0x0800 ip" "0x86DD ip6"; do
    set -- "$1" $family
    if in_pod ebtables -t nat "$1" PREROUTING -p "$2" ! -i tap+ --$3-protocol tcp --$3-destination-port "$port" -j DROP; then n=$((n + 1)); fi
  done
  [ $n -gt 0 ]
}
open() { while rules -D 2>/dev/null; do :; done; }
open
if [ "$do" = close ]; then
  begin
  rules -I || { open; fail "no packet filter can be set in the pod's network"; }
  end
  [ $n -eq 4 ] || { open; fail "only $n of 4 rules could be set in the pod's network"; }
  say rules $n
else
  say rules 0
fi
`;

/** Makes the guest deaf on a TCP port, from outside of it. */
export async function closePort(reach: HandTools, vmi: VmiRef, port: number): Promise<Receipt> {
  const { node, container, pod } = await mustFindLauncher(reach.kube, vmi);
  const { fromMs, toMs, said } = await actOn(reach, node, {
    what: `closing port ${port} of ${vmi.name}`,
    script,
    args: ["close", container, String(port)],
  });
  return {
    fromMs,
    toMs,
    evidence: `${said["rules"]} rules in the network of pod ${pod} drop what comes for port ${port}`,
  };
}

/** Opens it again; a launcher that is gone has taken its filter along. */
export async function openPort(reach: HandTools, vmi: VmiRef, port: number): Promise<Receipt> {
  const launcher = await findLauncher(reach.kube, vmi);
  if (launcher === null) {
    const nowMs = reach.clock.now();
    return { fromMs: nowMs, toMs: nowMs, evidence: `the launcher of ${vmi.name} is gone, and its filter with it` };
  }
  const { fromMs, toMs } = await actOn(reach, launcher.node, {
    what: `opening port ${port} of ${vmi.name}`,
    script,
    args: ["open", launcher.container, String(port)],
  });
  return { fromMs, toMs, evidence: `no rule in the network of pod ${launcher.pod} drops anything` };
}
