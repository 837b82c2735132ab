import type { Actuators } from "../cluster.ts";
import type { HandTools } from "../hands/act.ts";
import { partition } from "../hands/partition.ts";
import { serviceAct, type NodeService } from "../hands/services.ts";
import { shellHands } from "../hands/shell-hands.ts";
import type { HeardShell } from "./pod-node-shell.ts";
import { rejoin, sever, type Severance } from "./severance.ts";
import { powerByAlarm } from "./wake-alarm.ts";

/** What was only silenced is heard again after this at most, in milliseconds. */
const backMs = 90_000;

const cutOff: Severance = { name: "partition", ...partition, backMs };
const kubelet = stopped("kubelet");
const runtime = stopped("containerd");

function stopped(service: NodeService): Severance {
  return { name: service, cut: serviceAct("stop", service), mend: serviceAct("start", service), backMs };
}

/**
 * The hands through privileged pods. What would cut off the pod itself is done, and ended after `holdMs`, by the node.
 * What reaches every VM of the cluster is not among them; power is where `wakeAlarm` says that nodes can wake themselves.
 */
export function podHands(
  tools: HandTools & { shell: HeardShell },
  holdMs: number,
  wakeAlarm: boolean,
): Partial<Actuators> {
  const { shell, clock } = tools;
  const { fillMemory, releaseMemory, killQemu, killLauncher, killLibvirt, oomKill, closePort, openPort, ...others } =
    shellHands(tools);
  const { powerOffGuest, rebootGuest, panicGuest, hangGuest, exhaustGuest } = others;
  const holdSeconds = Math.ceil(holdMs / 1000) + graceSeconds;
  const begin = (what: Severance) => (node: string) => sever(shell, clock, node, what, holdSeconds);
  const end = (what: Severance) => (node: string) => rejoin(shell, clock, node, what, holdSeconds);
  return {
    fillMemory,
    releaseMemory,
    killQemu,
    killLauncher,
    killLibvirt,
    powerOffGuest,
    rebootGuest,
    panicGuest,
    hangGuest,
    exhaustGuest,
    oomKill,
    closePort,
    openPort,
    disconnect: begin(cutOff),
    connect: end(cutOff),
    stopKubelet: begin(kubelet),
    startKubelet: end(kubelet),
    stopRuntime: begin(runtime),
    startRuntime: end(runtime),
    ...(wakeAlarm && { powerOff: begin(powerByAlarm(holdSeconds)), powerOn: end(powerByAlarm(holdSeconds)) }),
  };
}

/** Between two phases some seconds pass; a node must not join again before it is told that it may. */
const graceSeconds = 30;
