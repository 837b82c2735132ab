import type { VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { ApiResponse } from "../../simulation.ts";
import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import { isFields } from "../fields.ts";
import type { Query, Target } from "../request.ts";
import { badRequest } from "../wire.ts";

type Kind = "virtualmachine" | "virtualmachineinstance";

/** An answer without a body. */
export function empty(status: 200 | 202): ApiResponse {
  return { status, headers: {}, body: "" };
}

/** A refusal that says what stands against it (409). */
export function conflict(kind: Kind, name: string, what: string): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${kind}.kubevirt.io "${name}": ${what}`,
    detailsOf(kind, name),
  );
}

/** A refusal because something behind virt-api failed (500). */
export function internalError(message: string): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** The virtual machine that is spoken of; 404 where there is none. */
export function findMachine({ store }: World, { namespace, name = "" }: Target): VirtualMachine {
  const vm = store.get<VirtualMachine>("virtualmachines", namespace, name);
  if (vm === undefined) throw notFound("virtualmachine", name);
  return vm;
}

/** The instance that is spoken of; 404 where there is none. */
export function findInstance({ store }: World, { namespace, name = "" }: Target): VirtualMachineInstance {
  const vmi = store.get<VirtualMachineInstance>("virtualmachineinstances", namespace, name);
  if (vmi === undefined) throw notFound("virtualmachineinstance", name);
  return vmi;
}

/** What a subresource takes, every member optional. */
export interface Options {
  dryRun?: string[];
  paused?: boolean;
  gracePeriod?: number;
  gracePeriodSeconds?: number;
  addedNodeSelector?: Record<string, string>;
  evacuationNodeName?: string;
}

/** The options in the body, if there is one. */
export function readOptions({ body }: Query, type: string): Options {
  if (body === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw unreadable(`error converting YAML to JSON: ${(error as Error).message}`);
  }
  if (isFields(value)) return value;
  const found = Array.isArray(value) ? "array" : typeof value;
  throw unreadable(
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into Go value of type v1.${type}`,
  );
}

export function isDry({ dryRun }: Options): boolean {
  return dryRun?.[0] === "All";
}

function unreadable(why: string): StatusError {
  return badRequest(`Can not unmarshal Request body to struct, error: ${why}`);
}

function notFound(kind: Kind, name: string): StatusError {
  return new StatusError(404, "NotFound", `${kind}.kubevirt.io "${name}" not found`, detailsOf(kind, name));
}

function detailsOf(kind: Kind, name: string): Record<string, unknown> {
  return { name, group: "kubevirt.io", kind };
}
