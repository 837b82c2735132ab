import type { Receipt } from "../cluster.ts";
import { actOn, type Act, type HandTools } from "./act.ts";

/**
 * Rules are known by their comment. IPv4 and IPv6 alike: cut on one alone, a kubelet goes on over the other. Not the
 * engine's `network disconnect`, where there is one: after that a node can come back with another address, under another
 * interface name.
 */
const script = `
do=$1 mark=rebound-partition
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
count() {
  n=0
  for tool in $tools; do for table in raw mangle; do
    n=$((n + $($tool -w 5 -t $table -S | grep -c -- "--comment \\"*$mark" || true)))
  done; done
}
if [ "$do" = cut ]; then
  [ -n "$links" ] || fail "it has no default route, and so no link to cut"
  mend
  begin
  rules -I || { mend; fail "no packet filter can be set"; }
  end
  end
else
  begin; mend; end
  count
  [ $n = 0 ] || fail "$n rules are left that drop packets"
fi
count
say rules $n
say links "$(echo $links)"
say families "$(echo $tools | sed 's/ip6tables/IPv6/; s/iptables/IPv4/; s/ / and /')"
`;

/** What cuts a node off, and what lets it join again. */
export const partition = {
  cut: { what: "the partition", script, args: ["cut"] },
  mend: { what: "ending the partition", script, args: ["mend"] },
} satisfies Record<string, Act>;

/** Lets no packet pass between a node and everybody else; what runs on it goes on. */
export async function cutOff(tools: HandTools, node: string): Promise<Receipt> {
  const { fromMs, toMs, said } = await actOn(tools, node, partition.cut);
  const { rules, families, links } = said;
  return { fromMs, toMs, evidence: `node ${node}: ${rules} rules drop ${families} on ${links}, both ways` };
}

/** Lets packets pass again. */
export async function joinAgain(tools: HandTools, node: string): Promise<Receipt> {
  const { fromMs, toMs, said } = await actOn(tools, node, partition.mend);
  return { fromMs, toMs, evidence: `node ${node}: ${said["rules"]} rules left that drop packets` };
}
