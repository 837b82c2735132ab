import type { KubeObject, ObjectMeta, VirtualMachine } from "../../../src/kube/objects.ts";
import { ApiServer } from "../../../src/simulator/api/api-server.ts";
import { qualify } from "../../../src/simulator/api/registry.ts";
import type { VirtHandlers } from "../../../src/simulator/api/subresources/instance.ts";
import { EventClock } from "../../../src/simulator/event-clock.ts";
import { Random } from "../../../src/simulator/random.ts";
import { defaultSettings } from "../../../src/simulator/settings.ts";
import type { ApiStream } from "../../../src/simulator/simulation.ts";
import { Store } from "../../../src/simulator/store.ts";
import { WorldState } from "../../../src/simulator/world-state.ts";
import type { World } from "../../../src/simulator/world.ts";

interface Options {
  epoch?: string;
  historyLength?: number;
  handlers?: VirtHandlers;
}

/** A world without controllers: namespaces `default` and `lab`, KubeVirt's components up, and an API server. */
export function apiOf({ epoch = "2026-01-01T00:00:00Z", historyLength, handlers }: Options = {}): {
  world: World;
  api: ApiServer;
} {
  const clock = new EventClock(Date.parse(epoch));
  const random = new Random(7);
  const world = new WorldState(clock, random, new Store(clock, random, qualify, historyLength), { ...defaultSettings });
  for (const component of ["virt-api", "virt-controller"] as const) world.setRunning(component, true);
  const api = new ApiServer(world, handlers);
  for (const name of ["default", "lab"]) {
    world.store.create<KubeObject & { status: object }>("namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      status: { phase: "Active" },
    });
  }
  return { world, api };
}

/** A virtual machine that nothing stands against; `more` goes over its specification, `template` over its instances'. */
export function vmOf(name: string, more: object = {}, template: object = {}): VirtualMachine {
  const vm = {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name, namespace: "lab" },
    spec: {
      runStrategy: "Halted",
      template: {
        metadata: { labels: { app: name } },
        spec: {
          domain: {
            devices: {
              disks: [{ name: "root", disk: { bus: "virtio" } }],
              interfaces: [{ name: "default", masquerade: {} }],
            },
            resources: { requests: { memory: "128Mi", cpu: "50m" } },
          },
          networks: [{ name: "default", pod: {} }],
          volumes: [{ name: "root", containerDisk: { image: "registry.local/guest:v2" } }],
          ...template,
        },
      },
      ...more,
    },
  };
  return vm as unknown as VirtualMachine;
}

/** All that a watch says in so much of the model's time. */
export function readStream(world: World, stream: ApiStream, milliseconds: number): string {
  let text = "";
  stream.read(
    (line) => (text += line),
    () => {},
  );
  world.clock.advanceTo(world.clock.now() + milliseconds);
  return text;
}

/** The parts of answers that tests look at; each answer has some of them. */
export interface Body {
  kind: string;
  reason: string;
  message: string;
  metadata: ObjectMeta & { continue: string; remainingItemCount: number };
  data: Record<string, string>;
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  items: KubeObject[];
  details: { causes: { reason: string; message: string; field: string }[] };
}

/** An answer, its body read as JSON where it is JSON. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: Body;
  text: string;
}

/** Asks with the headers that kubectl would send. */
export async function ask(
  api: ApiServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await api.handle({
    method,
    path,
    headers: { accept: "application/json, */*", "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const { status, headers: answered } = response;
  const text = typeof response.body === "string" ? response.body : "";
  const isJson = answered["content-type"]?.startsWith("application/json") === true;
  return { status, headers: answered, body: (isJson ? JSON.parse(text) : {}) as Body, text };
}

/** One event of a watch. */
export interface WatchEvent {
  type: string;
  object: KubeObject & Record<string, unknown>;
}

/** A watch that is being read. */
export interface OpenWatch {
  events: WatchEvent[];
  ended: () => boolean;
  close: () => void;
}

/** Opens a watch and collects what it says. */
export async function watch(api: ApiServer, path: string): Promise<OpenWatch> {
  const { body } = await api.handle({ method: "GET", path, headers: {} });
  const stream = body as ApiStream;
  const events: WatchEvent[] = [];
  let ended = false;
  stream.read(
    (text) => events.push(JSON.parse(text) as WatchEvent),
    () => (ended = true),
  );
  return { events, ended: () => ended, close: () => stream.close() };
}
