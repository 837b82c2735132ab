import { versions } from "../../settings.ts";
import type { ApiResponse } from "../../simulation.ts";
import type { World } from "../../world.ts";
import { build, version } from "../discovery.ts";
import type { Query, Target } from "../request.ts";
import { answer, textAnswer } from "../wire.ts";
import { expandMachine, expandSent } from "./expand.ts";
import { act, cancelEvacuation, guestInfo, refuseStream } from "./instance.ts";
import type { HandlerAct, VirtHandlers } from "./instance.ts";
import { migrate, restart, start, stopMachine } from "./lifecycle.ts";

const handlerActs: readonly string[] = ["pause", "unpause", "softreboot", "reset", "freeze", "unfreeze"];
const streams = ["console", "vnc", "vnc/screenshot", "usbredir", "portforward", "vsock"];

/** Answers KubeVirt's aggregated API as virt-api does; 503 while that is down. */
export async function answerSubresource(
  world: World,
  handlers: VirtHandlers,
  target: Target,
  query: Query,
): Promise<ApiResponse> {
  if (!world.up("virt-api")) return textAnswer(503, "service unavailable\n");
  const { plural, name, namespace, subresource } = target;
  if (namespace === undefined) return answerCluster(plural, world);
  if (plural === "expand-vm-spec" && name === undefined && query.method === "PUT") {
    return expandSent(world, target, query);
  }
  if (name === undefined || subresource === undefined) return notFound();
  const what = `${query.method} ${plural}/${subresource}`;
  if (query.method === "PUT" && isKnownPut(what) && !acceptsAnything(query)) return notAcceptable();
  switch (what) {
    case "PUT virtualmachines/start":
      return start(world, target, query);
    case "PUT virtualmachines/stop":
      return stopMachine(world, target, query);
    case "PUT virtualmachines/restart":
      return restart(world, target, query);
    case "PUT virtualmachines/migrate":
      return migrate(world, target, query);
    case "PUT virtualmachines/evacuate/cancel":
    case "PUT virtualmachineinstances/evacuate/cancel":
      return cancelEvacuation(world, target, query);
    case "GET virtualmachines/expand-spec":
      return expandMachine(world, target);
    case "GET virtualmachineinstances/guestosinfo":
    case "GET virtualmachineinstances/userlist":
    case "GET virtualmachineinstances/filesystemlist":
      return guestInfo(world, handlers, target, subresource as "guestosinfo");
  }
  if (plural === "virtualmachineinstances" && query.method === "PUT" && handlerActs.includes(subresource)) {
    return act(world, handlers, target, query, subresource as HandlerAct);
  }
  if (plural === "virtualmachineinstances" && query.method === "GET" && streams.includes(subresource)) {
    return refuseStream(world, target, query);
  }
  return notFound();
}

function answerCluster(what: string, world: World): ApiResponse {
  if (what === "version") return answer(200, { gitVersion: versions.kubevirt, ...build });
  if (what !== "healthz") return notFound();
  const kubevirt = world.store.list("kubevirts")[0];
  return answer(200, {
    apiserver: { connectivity: "ok", version },
    "config-resource-version": kubevirt?.metadata.resourceVersion ?? "",
  });
}

/** Subresources with an empty answer are served in any form but JSON, so JSON alone is refused. */
function acceptsAnything({ headers }: Query): boolean {
  return (headers["accept"] ?? "*/*").split(",").some((range) => range.trim().startsWith("*/*"));
}

function isKnownPut(what: string): boolean {
  const [plural, ...rest] = what.slice("PUT ".length).split("/");
  const name = rest.join("/");
  return plural === "virtualmachines"
    ? ["start", "stop", "restart", "migrate", "evacuate/cancel"].includes(name)
    : plural === "virtualmachineinstances" && [...handlerActs, "evacuate/cancel"].includes(name);
}

function notAcceptable(): ApiResponse {
  return textAnswer(406, "406: Not Acceptable\n\nAvailable representations: ");
}

function notFound(): ApiResponse {
  return textAnswer(404, "404: Page Not Found");
}
