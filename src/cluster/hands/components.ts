import { EnvironmentError } from "../../errors.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes } from "../../kube/resources.ts";
import type { ComponentName, Receipt } from "../cluster.ts";
import { actOn, type Done, type HandTools } from "./act.ts";

/** After it a node lets its component go on by itself, should nobody have come to do it; in seconds. */
const deadManSeconds = 3600;

/**
 * A component is stopped where it stands, with SIGSTOP, on every node; scaling it to zero would be undone by
 * virt-operator. The kubelet kills what does not answer its probes and starts it anew: a unit of systemd's goes on stopping
 * whoever has that name, and lets all go on when it is stopped itself, when its time is over, and with the node.
 */
const guard = `
matching() { grep -lE "^$1\\$" /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3; }
free() { kill -CONT $(matching "$1") 2>/dev/null; exit 0; }
trap 'free "$1"' TERM INT
while :; do
  kill -STOP $(matching "$1") 2>/dev/null
  sleep 0.2 & wait $!
done
`;

const script = `
do=$1 component=$2 guard=$3
unit=rebound-stop-$component
matching() { grep -lE "^$component\\$" /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3; }
stopped() { # whether each of these processes is
  for pid; do grep -q '^State:[[:space:]]*T' "/proc/$pid/status" 2>/dev/null || return 1; done
}
case $do in
  stop)
    begin
    kill -STOP $(matching) 2>/dev/null
    left=500
    until stopped $(matching); do
      [ $((left -= 1)) -gt 0 ] || fail "$component does not stop"
      sleep 0.01
    done
    end
    [ "$(systemctl is-active $unit)" = active ] ||
      systemd-run --quiet --collect --unit=$unit --property=RuntimeMaxSec=${deadManSeconds} \\
        --property=KillMode=mixed sh -c "$guard" sh "$component" ||
      { kill -CONT $(matching) 2>/dev/null; fail "systemd runs no unit that would keep it stopped"; }
    ;;
  start)
    begin
    [ "$(systemctl is-active $unit)" != active ] || systemctl stop $unit || fail "systemd cannot stop $unit"
    pids=$(matching)
    [ -z "$pids" ] || kill -CONT $pids
    end
    ;;
esac
say pids "$(echo $(matching))"
`;

/** Keeps a component from doing anything until it is started again. */
export async function stopComponent(tools: HandTools, component: ComponentName): Promise<Receipt> {
  const done = await everywhere(tools, component, "stop");
  const stopped = [...done].flatMap(([node, { said }]) => (said["pids"] ? [`pid ${said["pids"]} on ${node}`] : []));
  if (stopped.length === 0) {
    await everywhere(tools, component, "start");
    throw new EnvironmentError(`${component} runs on none of ${[...done.keys()].join(", ")}`);
  }
  return { ...spanOf(done), evidence: `${component} stands still (SIGSTOP): ${stopped.join(", ")}` };
}

/** Lets it go on. */
export async function startComponent(tools: HandTools, component: ComponentName): Promise<Receipt> {
  const done = await everywhere(tools, component, "start");
  return { ...spanOf(done), evidence: `${component} may go on, on ${[...done.keys()].join(", ")}` };
}

/** On every node that is there to be told: nothing of it runs on one that is not. */
async function everywhere(
  tools: HandTools,
  component: ComponentName,
  verb: "stop" | "start",
): Promise<Map<string, Done>> {
  const all = await tools.kube.list<Node>(nodes);
  const ready = all.filter(({ status }) => status.conditions?.some((c) => c.type === "Ready" && c.status === "True"));
  const done = await Promise.all(
    ready.map(async ({ metadata: { name } }) => {
      const what = `to ${verb} ${component}`;
      return [name, await actOn(tools, name, { what, script, args: [verb, component, guard] })] as const;
    }),
  );
  return new Map(done);
}

function spanOf(done: Map<string, Done>): Pick<Receipt, "fromMs" | "toMs"> {
  const all = [...done.values()];
  return {
    fromMs: Math.min(...all.map(({ fromMs }) => fromMs)),
    toMs: Math.max(...all.map(({ toMs }) => toMs)),
  };
}
