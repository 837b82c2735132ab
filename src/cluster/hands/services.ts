import type { Receipt } from "../cluster.ts";
import { EnvironmentError } from "../../errors.ts";
import { actOn, type Act, type HandTools } from "./act.ts";

export type NodeService = "kubelet" | "containerd";

/** systemd gives a service 90 s to end, then kills it. */
const limitSeconds = 100;

/** `systemctl`, not a kill: systemd would start a killed service again. */
const script = `
do=$1 service=$2
state() { state=$(systemctl is-active "$service"); }
state
case $do/$state in
  start/active) say state active; exit 0 ;;
  stop/active | start/*) ;;
  *) fail "$service is $state, not active" ;;
esac
begin
systemctl "$do" "$service" || fail "systemd did not $do $service"
end
state
say state "$state"
`;

/** What stops or starts a service. */
export function serviceAct(verb: "stop" | "start", service: NodeService): Act {
  return { what: `to ${verb} ${service}`, script, args: [verb, service], limitSeconds };
}

async function tell(tools: HandTools, node: string, verb: "stop" | "start", service: NodeService): Promise<Receipt> {
  const { fromMs, toMs, said } = await actOn(tools, node, serviceAct(verb, service));
  const isActive = said["state"] === "active";
  if (isActive !== (verb === "start")) {
    throw new EnvironmentError(`${service} on node ${node} was told to ${verb} and is ${said["state"]}`);
  }
  return { fromMs, toMs, evidence: `systemd on node ${node} says that ${service} is ${said["state"]}` };
}

/** Stops a service of a node's, and only that. */
export function stopService(tools: HandTools, node: string, service: NodeService): Promise<Receipt> {
  return tell(tools, node, "stop", service);
}

/** Starts it; nothing happens where it runs. */
export function startService(tools: HandTools, node: string, service: NodeService): Promise<Receipt> {
  return tell(tools, node, "start", service);
}
