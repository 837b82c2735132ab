import { ApiServer } from "../../../src/simulator/api/api-server.ts";
import { qualify } from "../../../src/simulator/api/registry.ts";
import { EventClock } from "../../../src/simulator/event-clock.ts";
import { Random } from "../../../src/simulator/random.ts";
import { defaultSettings } from "../../../src/simulator/settings.ts";
import type { ApiResponse, ApiStream } from "../../../src/simulator/simulation.ts";
import { Store } from "../../../src/simulator/store.ts";
import { WorldState } from "../../../src/simulator/world-state.ts";
import type { World } from "../../../src/simulator/world.ts";

/** A world without controllers: namespaces `default` and `lab`, KubeVirt's components up, and an API server. */
export function apiOf(historyLength?: number): { world: World; api: ApiServer } {
  const clock = new EventClock(Date.parse("2026-01-01T00:00:00Z"));
  const random = new Random(7);
  const world = new WorldState(clock, random, new Store(clock, random, qualify, historyLength), { ...defaultSettings });
  for (const component of ["virt-api", "virt-controller"] as const) world.setRunning(component, true);
  const api = new ApiServer(world);
  for (const name of ["default", "lab"]) {
    world.store.create("namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      status: { phase: "Active" },
    } as never);
  }
  return { world, api };
}

/** Asks, and reads the answer as JSON where it is JSON. */
export async function ask(
  api: ApiServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read whatever an answer holds
): Promise<{ status: number; headers: Record<string, string>; body: any }> {
  const response = await api.handle({
    method,
    path,
    headers: { accept: "application/json, */*", "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const { status, headers: answered, body: text } = response;
  if (typeof text !== "string") return { status, headers: answered, body: text };
  const isJson = answered["content-type"]?.startsWith("application/json") === true;
  return { status, headers: answered, body: isJson ? JSON.parse(text) : text };
}

/** Collects what a watch says. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
export function collect(response: Pick<ApiResponse, "body">): {
  events: any[];
  ended: () => boolean;
  close: () => void;
} {
  const stream = response.body as ApiStream;
  const events: unknown[] = [];
  let ended = false;
  stream.read(
    (text) => events.push(JSON.parse(text)),
    () => (ended = true),
  );
  return { events, ended: () => ended, close: () => stream.close() };
}
