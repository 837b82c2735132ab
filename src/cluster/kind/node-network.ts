import type { Receipt } from "../cluster.ts";
import type { NodeContainers } from "./node-container.ts";
import { mustExecInNode } from "./node-exec.ts";
import { mustNotBeTheOnlyControlPlane } from "./node-power.ts";

/**
 * Rules are known by this comment. A filter inside the node is used, and not the engine's `network disconnect`: after
 * that the node can come back with another address, under another interface name.
 */
const mark = "rebound-partition";

/**
 * Cuts, mends or counts, by its first argument, IPv4 and IPv6 alike: cut on one alone, a kubelet goes on over the other.
 * Prints how many rules there are after it, and of how many families.
 */
const script = `
set -eu
do=$1 mark=$2
tools=iptables
if [ -n "$(cat /proc/net/if_inet6 2>/dev/null)" ]; then tools="iptables ip6tables"; fi
links=$( (ip -4 route show default; ip -6 route show default) 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sort -u)
rules() { # action
  for tool in $tools; do for link in $links; do
    $tool -w 5 -t raw "$1" PREROUTING -i "$link" -m comment --comment "$mark" -j DROP || return 1
    $tool -w 5 -t mangle "$1" POSTROUTING -o "$link" -m comment --comment "$mark" -j DROP || return 1
  done; done
}
mend() {
  for tool in $tools; do for table in raw mangle; do
    $tool -w 5 -t $table -S | grep -- "--comment \\"*$mark" | while read -r _ rule; do
      eval "$tool -w 5 -t $table -D $rule"
    done
  done; done
}
case $do in
  cut)
    [ -n "$links" ] || { echo "no default route" >&2; exit 1; }
    mend
    rules -I || { mend; exit 1; }
    ;;
  mend) mend ;;
esac
n=0
for tool in $tools; do for table in raw mangle; do
  n=$((n + $($tool -w 5 -t $table -S | grep -c -- "--comment \\"*$mark" || true)))
done; done
echo "$n" $tools : $links
`;

/** Hands on a node's network; `connect` may be called at any time and again. */
export interface NodeNetwork {
  disconnect(node: string, signal?: AbortSignal): Promise<Receipt>;
  connect(node: string, signal?: AbortSignal): Promise<Receipt>;
}

export function nodeNetwork(nodes: NodeContainers): NodeNetwork {
  const { clock } = nodes.runtime;
  const filter = async (node: string, verb: "cut" | "mend", signal?: AbortSignal) => {
    const fromMs = clock.now();
    const printed = await mustExecInNode(nodes, node, ["sh", "-c", script, "sh", verb, mark], { signal });
    const [rules = "", ...rest] = printed.trim().split(/\s+/);
    const links = rest.slice(rest.indexOf(":") + 1);
    const families = rest.slice(0, rest.indexOf(":")).map((tool) => (tool === "iptables" ? "IPv4" : "IPv6"));
    return {
      fromMs,
      toMs: clock.now(),
      rules: Number(rules),
      links: links.join(", "),
      families: families.join(" and "),
    };
  };
  return {
    async disconnect(node, signal) {
      await mustNotBeTheOnlyControlPlane(nodes, await nodes.find(node, signal), signal);
      const { fromMs, toMs, rules, links, families } = await filter(node, "cut", signal);
      return { fromMs, toMs, evidence: `node ${node}: ${rules} rules drop ${families} on ${links}, both ways` };
    },
    async connect(node, signal) {
      const found = await nodes.find(node, signal);
      const nowMs = clock.now();
      // The filter lives in the container's network namespace and ends with it.
      if (found.state === "exited" || found.state === "dead") {
        return { fromMs: nowMs, toMs: nowMs, evidence: `node ${node} is ${found.state}: its filter is gone with it` };
      }
      const { fromMs, toMs, rules } = await filter(node, "mend", signal);
      return { fromMs, toMs, evidence: `node ${node}: ${rules} rules left that drop packets` };
    },
  };
}
