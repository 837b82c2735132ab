import { withDeadline } from "../../clock/deadline.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes } from "../../kube/resources.ts";
import type { Receipt } from "../cluster.ts";
import { actOn, type Done, type HandTools } from "./act.ts";
import { startService, stopService } from "./services.ts";

/**
 * What reaches the API server from elsewhere than the node's gateway, by which this machine comes, and than its own
 * loopback is refused, on connections that stand too; and nothing is answered. Or its answers to all those are delayed. The
 * chains and the queue have names of their own, by which they are taken away.
 */
const script = `
do=$1 port=$2 delay=$3 chain=REBOUND-API
each_family() { # a function that is given the tool, and whose packets pass
  "$1" iptables "$(ip -4 route show default | sed -n 's/.* via \\([^ ]*\\).*/\\1/p' | head -n 1)" 127.0.0.0/8
  [ -z "$(cat /proc/net/if_inet6 2>/dev/null)" ] || "$1" ip6tables "$(ip -6 route show default | sed -n 's/.* via \\([^ ]*\\).*/\\1/p' | head -n 1)" ::1
}
allow() {
  while $1 -w 5 -D INPUT -p tcp --dport "$port" -j $chain-IN 2>/dev/null; do :; done
  while $1 -w 5 -D OUTPUT -p tcp --sport "$port" -j $chain-OUT 2>/dev/null; do :; done
  for each in $chain-IN $chain-OUT; do $1 -w 5 -F $each 2>/dev/null && $1 -w 5 -X $each; done
  return 0
}
refuse() {
  $1 -w 5 -N $chain-IN && $1 -w 5 -N $chain-OUT || return 1
  for source in $2 $3; do
    $1 -w 5 -A $chain-IN -s "$source" -j RETURN || return 1
    $1 -w 5 -A $chain-OUT -d "$source" -j RETURN || return 1
  done
  $1 -w 5 -A $chain-IN -p tcp -j REJECT --reject-with tcp-reset || return 1
  $1 -w 5 -A $chain-OUT -p tcp --tcp-flags RST RST -j RETURN || return 1
  $1 -w 5 -A $chain-OUT -j DROP || return 1
  $1 -w 5 -I OUTPUT -p tcp --sport "$port" -j $chain-OUT && $1 -w 5 -I INPUT -p tcp --dport "$port" -j $chain-IN
}
links="$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sort -u) lo"
fast() { for link in $links; do tc qdisc del dev "$link" root handle 3ca1: 2>/dev/null; done; return 0; }
slow() {
  for link in $links; do
    tc qdisc add dev "$link" root handle 3ca1: prio bands 4 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 &&
      tc qdisc add dev "$link" parent 3ca1:4 netem delay "\${delay}ms" limit 100000 || return 1
  done
  each_family sort_out
}
sort_out() { # the answers to all but those go into the band that waits
  if [ "$1" = iptables ]; then family="ip" match="ip"; else family="ipv6" match="ip6"; fi
  for link in $links; do
    for source in $2 $3; do
      tc filter add dev "$link" parent 3ca1: protocol $family prio 1 u32 match $match dst "$source" flowid 3ca1:1 || return 1
    done
    tc filter add dev "$link" parent 3ca1: protocol $family prio 2 u32 match $match sport "$port" 0xffff flowid 3ca1:4 || return 1
  done
}
case $do in
  cut)
    each_family allow
    begin
    each_family refuse || { each_family allow; fail "no packet filter can be set"; }
    end
    ;;
  slow)
    fast
    begin
    slow || { fast; fail "its answers cannot be delayed: the kernel has no netem or no prio queue"; }
    end
    ;;
  restore)
    begin
    each_family allow
    fast
    end
    ;;
esac
`;

/** kubeadm's, and kind's. */
const apiPort = 6443;

/** Longest time for the API server to answer Rebound when nobody else is to reach it, in milliseconds. */
const ownAnswerMs = 10_000;

type Verb = "cut" | "slow" | "restore";

/**
 * Lets nobody reach the API server but this machine. The kubelets beside it are stopped for as long: they ask it whether it lives,
 * get no answer, and would end it for everybody.
 */
export async function cutApi(tools: HandTools): Promise<Receipt> {
  const servers = await controlPlane(tools);
  for (const node of servers) await stopService(tools, node, "kubelet");
  try {
    const done = await onEach(tools, servers, "cut");
    await mustAnswerUs(tools);
    const evidence = `on ${servers.join(", ")}, port ${apiPort} refuses all but this machine, which it answers`;
    return { ...spanOf(done), evidence };
  } catch (error) {
    await restoreApi(tools);
    throw error;
  }
}

/** Makes the API server's answers take that much longer, for all but this machine. */
export async function slowApi(tools: HandTools, delayMs: number): Promise<Receipt> {
  const servers = await controlPlane(tools);
  const done = await onEach(tools, servers, "slow", delayMs);
  const evidence = `on ${servers.join(", ")}, answers of port ${apiPort} to all but this machine wait ${delayMs} ms`;
  return { ...spanOf(done), evidence };
}

/** Lets everybody reach it again, as fast as ever. */
export async function restoreApi(tools: HandTools): Promise<Receipt> {
  const servers = await controlPlane(tools);
  const done = await onEach(tools, servers, "restore");
  for (const node of servers) await startService(tools, node, "kubelet");
  return { ...spanOf(done), evidence: `on ${servers.join(", ")}, port ${apiPort} answers everybody` };
}

async function controlPlane({ kube }: HandTools): Promise<string[]> {
  const all = await kube.list<Node>(nodes);
  const found = all.filter(({ metadata }) => "node-role.kubernetes.io/control-plane" in (metadata.labels ?? {}));
  if (found.length === 0) throw new EnvironmentError("no node of the cluster is of its control plane");
  return found.map(({ metadata }) => metadata.name);
}

function onEach(tools: HandTools, servers: string[], verb: Verb, delayMs = 0): Promise<Done[]> {
  const args = [verb, String(apiPort), String(delayMs)];
  return Promise.all(servers.map((node) => actOn(tools, node, { what: `to ${verb} the API server`, script, args })));
}

async function mustAnswerUs({ kube, clock }: HandTools): Promise<void> {
  try {
    await withDeadline(clock, ownAnswerMs, () => kube.read("/readyz"), "the API server's answer to this machine");
  } catch (error) {
    throw new EnvironmentError(
      `cut off from all others, the API server does not answer this machine: ${messageOf(error)}`,
    );
  }
}

function spanOf(done: Done[]): Pick<Receipt, "fromMs" | "toMs"> {
  return {
    fromMs: Math.min(...done.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...done.map(({ toMs }) => toMs)),
  };
}
