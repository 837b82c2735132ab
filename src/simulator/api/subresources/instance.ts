import { condition } from "../../../kube/objects.ts";
import type { Node, VirtualMachineInstance } from "../../../kube/objects.ts";
import { migrationConfiguration } from "../../kubevirt/configuration.ts";
import type { ApiResponse } from "../../simulation.ts";
import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import type { Query, Target } from "../request.ts";
import { answer, badRequest, textAnswer } from "../wire.ts";
import { conflict, empty, findInstance, internalError, isDry, readOptions } from "./answers.ts";

/** What virt-api has the virt-handler of an instance's node do. */
export type HandlerAct = "pause" | "unpause" | "softreboot" | "reset" | "freeze" | "unfreeze";

/** The way from virt-api to the virt-handlers, each on its node's own port. */
export interface VirtHandlers {
  /** Has it done; rejects with what went wrong, after ten seconds where the node does not answer. */
  act(vmi: VirtualMachineInstance, act: HandlerAct): Promise<void>;
  /** What the guest's agent says; rejects likewise. */
  guestInfo(vmi: VirtualMachineInstance, what: "guestosinfo" | "userlist" | "filesystemlist"): Promise<object>;
}

/** No virt-handler answers. */
export const noVirtHandlers: VirtHandlers = {
  act: () => Promise.reject(new Error("Unable to connect to virt-handler: connection refused")),
  guestInfo: () => Promise.reject(new Error("Unable to connect to virt-handler: connection refused")),
};

/** PUT pause, unpause, softreboot, reset, freeze, unfreeze: checked here, done by the node's virt-handler. */
export async function act(
  world: World,
  handlers: VirtHandlers,
  target: Target,
  query: Query,
  what: HandlerAct,
): Promise<ApiResponse> {
  const options = what === "pause" || what === "unpause" ? readOptions(query, optionsOf[what]) : {};
  const vmi = findInstance(world, target);
  checks[what]?.(vmi);
  if (isDry(options)) return empty(200);
  try {
    await handlers.act(vmi, what);
  } catch (error) {
    throw internalError((error as Error).message);
  }
  return empty(200);
}

/** GET guestosinfo, userlist, filesystemlist: refusals come as text with 500, whatever they are. */
export async function guestInfo(
  world: World,
  handlers: VirtHandlers,
  target: Target,
  what: "guestosinfo" | "userlist" | "filesystemlist",
): Promise<ApiResponse> {
  try {
    const vmi = findInstance(world, target);
    const { name } = vmi.metadata;
    if (vmi.status.phase !== "Running") throw conflict("virtualmachineinstance", name, "VMI is not running");
    if (condition(vmi, "AgentConnected") === undefined) {
      throw conflict("virtualmachineinstance", name, "VMI does not have guest agent connected");
    }
    return answer(200, await handlers.guestInfo(vmi, what));
  } catch (error) {
    return textAnswer(500, (error as Error).message);
  }
}

/** PUT evacuate/cancel: takes back that an instance is to leave the node that is named, unless that is drained by its taint. */
export function cancelEvacuation(world: World, target: Target, query: Query): ApiResponse {
  const vmi = findInstance(world, target);
  const { evacuationNodeName = "", nodeName } = vmi.status;
  const node = world.store.get<Node>("nodes", undefined, evacuationNodeName || (nodeName ?? ""));
  const { nodeDrainTaintKey: key } = migrationConfiguration(world);
  if (node?.spec.taints?.some((taint) => taint.key === key && taint.effect === "NoSchedule") === true) {
    throw badRequest(`Node "${node.metadata.name}" has NodeDrainTaintKey "${key}:NoSchedule"`);
  }
  if (evacuationNodeName === "") return empty(200);
  const options = readOptions(query, "EvacuateCancelOptions");
  if (options.evacuationNodeName !== evacuationNodeName) {
    throw internalError("the server rejected our request due to an error in our request");
  }
  if (isDry(options)) return empty(200);
  const { namespace, name } = vmi.metadata;
  world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", namespace, name, ({ status }) => {
    delete status.evacuationNodeName;
  });
  return empty(200);
}

/** GET console, vnc, portforward: without a WebSocket refused as virt-api does; with one, since no guest is behind it. */
export function refuseStream(world: World, target: Target, { headers }: Query): ApiResponse {
  findInstance(world, target);
  if (headers["upgrade"] !== undefined) {
    const what = `the simulated cluster has no ${target.subresource}: its guests are models, with no machine behind them`;
    throw new StatusError(501, "NotImplemented", what);
  }
  const message =
    "websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header";
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "BadRequest",
    code: 400,
  };
  return textAnswer(400, `Bad Request\n${JSON.stringify(status, null, 1)}`);
}

const optionsOf = { pause: "PauseOptions", unpause: "UnpauseOptions" };

const checks: Record<HandlerAct, ((vmi: VirtualMachineInstance) => void) | undefined> = {
  pause(vmi) {
    requireRunning(vmi, "VM is not running");
    const { name } = vmi.metadata;
    const { livenessProbe } = vmi.spec;
    if (livenessProbe !== undefined && livenessProbe.guestAgentPing === undefined) {
      const message = "Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported";
      throw new StatusError(403, "Forbidden", `virtualmachineinstance.kubevirt.io "${name}" is forbidden: ${message}`, {
        name,
        group: "kubevirt.io",
        kind: "virtualmachineinstance",
      });
    }
    if (condition(vmi, "Paused") !== undefined) throw conflict("virtualmachineinstance", name, "VMI is already paused");
  },
  unpause(vmi) {
    requireRunning(vmi, "VMI is not running");
    if (condition(vmi, "Paused") === undefined) {
      throw conflict("virtualmachineinstance", vmi.metadata.name, "VMI is not paused");
    }
  },
  softreboot(vmi) {
    requireRunning(vmi, "VM is not running");
    const { name } = vmi.metadata;
    if (condition(vmi, "Paused")?.status === "True") throw conflict("virtualmachineinstance", name, "VMI is paused");
    if (condition(vmi, "AgentConnected") === undefined && vmi.spec.domain.features?.acpi?.enabled === false) {
      const message = "VMI neither have the agent connected nor the ACPI feature enabled";
      throw conflict("virtualmachineinstance", name, message);
    }
  },
  reset: undefined,
  freeze: (vmi) => requireRunning(vmi, "VM is not running"),
  unfreeze: (vmi) => requireRunning(vmi, "VMI is not running"),
};

function requireRunning(vmi: VirtualMachineInstance, otherwise: string): void {
  if (vmi.status.phase !== "Running") throw conflict("virtualmachineinstance", vmi.metadata.name, otherwise);
}
