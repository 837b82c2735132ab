import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { KubeEvent, KubeObject, Node, VirtualMachine, VirtualMachineInstance } from "../../../src/kube/objects.ts";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import { registry } from "../../../src/simulator/api/registry.ts";
import type { HandlerAct } from "../../../src/simulator/api/subresources/instance.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, readStream } from "./world.ts";

interface Recorded {
  title: string;
  request: { method: string; path: string; accept: string; type?: string; body?: unknown };
  response: { status: number; headers: Record<string, string>; body: unknown };
}

type Json = Record<string, unknown>;

const recorded = readFileSync(new URL("../../recordings/api/answers.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** What the model does not answer as the real cluster did, and why. */
const leftOut: Record<string, string> = {
  "apply patch that conflicts": "the model keeps no field ownership, so no manager is in another's way",
};

/** The objects whose complete state is in the recording; the rest of that cluster is not in the model here. */
const seeds = ["a VM", "a VMI", "its pod", "replica set", "KubeVirt", "cordon"];

describe("answers of a real API server with KubeVirt, put to the model", () => {
  let world: World;
  let api: ApiServer;

  before(() => {
    const handlers = { act: setPaused, guestInfo: () => Promise.reject(new Error("no agent")) };
    ({ world, api } = apiOf({ epoch: "2026-11-22T14:52:59Z", handlers, historyLength: 10 }));
    for (const name of ["api", "kubevirt"]) {
      create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name }, status: { phase: "Active" } });
    }
    for (const { title, response } of recorded) {
      if (seeds.includes(title)) seed(response.body as KubeObject);
    }
    seed(inList("first page"));
    world.store.mutate<Node>("nodes", undefined, "lab-worker", ({ spec }) => delete spec.unschedulable);
    create("leases", lease("lab-worker"));
    for (const event of recordedEvents()) create("events", event);
  });

  for (const [index, { title, request, response }] of recorded.entries()) {
    const name = `${title}: ${request.method} ${decodeURIComponent(request.path)}`;
    const reason = leftOut[title] ?? leftOut[`${request.method} ${request.path}`];
    if (reason !== undefined) {
      it.skip(`${name} (${reason})`);
      continue;
    }
    it(`${index + 1} ${name}`, async () => {
      meanwhile(title);
      const { status, headers, text } = await put(request);
      const expected = response.body;
      assert.equal(status, response.status, text);
      assert.equal(headers["content-type"], response.headers["content-type"]);
      // To an apply patch the model says that it keeps no field ownership, which the real server does.
      if (title !== "apply patch") assert.equal(headers["warning"], response.headers["warning"]);
      if (title.startsWith("watch") && typeof expected === "string") {
        assert.deepEqual(eventsOf(text), eventsOf(expected));
      } else if (typeof expected === "string") {
        assert.equal(comparable(text), comparable(expected));
      } else if (title === "watch from too old") {
        assert.deepEqual(eventsOf(text), eventsOf(JSON.stringify(expected)));
      } else {
        assert.deepEqual(modelled(JSON.parse(text) as Json), modelled(expected as Json));
      }
    });
  }

  async function put({ method, path, accept, type, body }: Recorded["request"]) {
    const {
      status,
      headers,
      body: answered,
    } = await api.handle({
      method,
      path,
      headers: { accept, ...(type !== undefined && { "content-type": type }) },
      ...(body !== undefined && {
        body: body === "{oops" ? body : JSON.stringify(withOwnUid(body)),
      }),
    });
    return { status, headers, text: typeof answered === "string" ? answered : readStream(world, answered, 2500) };
  }

  /** An update carries the UID that it read, and that is another one here. */
  function withOwnUid(body: unknown): unknown {
    const { kind, metadata } = body as Partial<KubeObject>;
    if (kind !== "VirtualMachine" || metadata?.uid === undefined) return body;
    const { uid } = world.store.get("virtualmachines", "api", metadata.name)!.metadata;
    return { ...(body as object), metadata: { ...metadata, uid } };
  }

  /** What the controllers and the guest did on the real cluster between one question and the next. */
  function meanwhile(title: string): void {
    if (title === "table, starting") {
      world.store.mutate<VirtualMachine>("virtualmachines", "api", "off", ({ status }) => {
        status.printableStatus = "Starting";
      });
    }
    if (title === "migration object" || title === "migration object, done") {
      const wanted = inList(title);
      const [made] = world.store.list("virtualmachineinstancemigrations");
      assert.ok(made, "no migration was created");
      const { status, metadata } = wanted as KubeObject & { status: unknown };
      world.store.mutate("virtualmachineinstancemigrations", "api", made.metadata.name, (draft) => {
        Object.assign(draft, { status });
        draft.metadata.annotations = metadata.annotations!;
        if (metadata.finalizers === undefined) delete draft.metadata.finalizers;
      });
    }
    if (title === "watch with bookmarks") {
      for (const object of addedIn("watch with bookmarks")) {
        world.store.mutate("virtualmachines", "api", object.metadata.name, (draft) => {
          Object.assign(draft, object, { metadata: draft.metadata });
        });
      }
    }
  }

  async function setPaused(vmi: VirtualMachineInstance, act: HandlerAct): Promise<void> {
    const paused = act === "pause";
    const { namespace, name } = vmi.metadata;
    world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", namespace, name, ({ status }) => {
      const others = (status.conditions ?? []).filter(({ type }) => type !== "Paused");
      status.conditions = paused ? [...others, { type: "Paused", status: "True" }] : others;
    });
    world.store.mutate<VirtualMachine>("virtualmachines", namespace, name, ({ status }) => {
      status.printableStatus = paused ? "Paused" : "Running";
      status.conditions = (status.conditions ?? []).map((condition) =>
        condition.type === "Ready" ? { ...condition, status: paused ? "False" : "True" } : condition,
      );
    });
  }

  function create(resource: string, object: unknown): void {
    world.store.create(resource, object as KubeObject);
  }

  function seed(object: KubeObject): void {
    const served = registry.find(
      ({ kind, group }) => kind === object.kind && (group === "" || object.apiVersion.startsWith(group)),
    );
    assert.ok(served, object.kind);
    create(served.plural, object);
  }
});

function lease(name: string): unknown {
  const metadata = { name, namespace: "kube-node-lease" };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: name } };
}

/** The events of the recorded table, the last one repeated to make up the number that there was. */
function recordedEvents(): Partial<KubeEvent>[] {
  const { rows, metadata } = recorded.find(({ request }) => request.path.includes("/events?"))!.response.body as {
    rows: Row[];
    metadata: { remainingItemCount: number };
  };
  const all = [...rows, ...Array.from({ length: metadata.remainingItemCount }, () => rows.at(-1)!)];
  return all.map(({ cells, object }, index) => {
    const [, type, reason, about, , source, message, , count] = cells as string[];
    const [kind = "", name = ""] = about!.split("/");
    const [component = "", host] = source!.split(", ");
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: index < rows.length ? object.metadata.name : `z${index}`, namespace: "api" } as never,
      involvedObject: { kind, name },
      type: type as "Normal",
      reason: reason!,
      message: message!,
      count: count as unknown as number,
      firstTimestamp: "2026-11-22T14:52:36Z",
      lastTimestamp: "2026-11-22T14:52:36Z",
      source: { component, ...(host !== undefined && { host }) },
    };
  });
}

function inList(title: string): KubeObject {
  const { items } = recorded.find((line) => line.title === title)!.response.body as { items: KubeObject[] };
  return items[0]!;
}

function addedIn(title: string): KubeObject[] {
  return eventLines(recorded.find((line) => line.title === title)!.response.body as string)
    .filter(({ type }) => type === "ADDED")
    .map(({ object }) => object as unknown as KubeObject);
}

/** Leaves of a recorded or modelled answer that may differ: identities, versions, times, and what is not modelled. */
function modelled(body: Json): unknown {
  const list = body as { kind?: string; resources?: Json[]; groups?: Json[]; items?: Json[]; rows?: unknown[] };
  switch (list.kind) {
    case "APIResourceList":
      return {
        ...normal(body),
        resources: byName(
          list.resources!.filter(({ name }) => isModelled(body["groupVersion"] as string, name as string)),
        ),
      };
    case "APIGroupList":
      return { ...normal(body), groups: byName(list.groups!.filter(({ name }) => groups.has(name as string))) };
    case "APIGroupDiscoveryList":
      return { ...normal(body), items: discovered(list.items!) };
    case "Table":
      return { ...normal(body), rows: rowsOf(list.rows as Row[]) };
    default:
      if ("gitVersion" in body) return { gitVersion: body["gitVersion"], keys: Object.keys(body).sort() };
      if ("apiserver" in body) return Object.keys(body);
      if ("paths" in body) return openApiPaths(body["paths"] as Record<string, { serverRelativeURL: string }>);
      return normal(body);
  }
}

/** Where the documents of the groups and versions with modelled resources are. */
function openApiPaths(paths: Record<string, { serverRelativeURL: string }>): unknown[] {
  return Object.entries(paths)
    .filter(([place]) => {
      const [root, group = "", version] = place.split("/");
      if (root === "api") return group === "v1";
      return registry.some((one) => one.group === group && one.versions.includes(version!)) && !extraGroups.has(group);
    })
    .map(([place, { serverRelativeURL }]) => [place, serverRelativeURL.replace(/=[0-9A-F]{128}$/, "=<hash>")])
    .sort();
}

interface Row {
  cells: unknown[];
  object: { kind: string; metadata: { name: string; namespace?: string } };
}

const known = new Set(["one", "off", "rs", "kubevirt", "virt-launcher-one-tb6kx", "lab-worker", "api"]);

/** Rows of the objects that the model was given; ages are only checked to be ages. */
function rowsOf(rows: readonly Row[]): unknown[] {
  return rows
    .filter(({ object }) => known.has(object.metadata.name) || object.metadata.name.startsWith("one."))
    .map(({ cells, object }) => ({
      cells: cells.map(withoutAge),
      kind: object.kind,
      name: nameOf(object.metadata.name),
    }));
}

function withoutAge(cell: unknown): unknown {
  return typeof cell === "string" ? nameOf(/^(\d+[smhdy])+$/.test(cell) ? "<age>" : cell) : cell;
}

const groups = new Set([...registry.map(({ group }) => group), "authorization.k8s.io", "subresources.kubevirt.io"]);
/** Groups of the model that the recorded cluster did not have installed. */
const extraGroups = new Set(["cdi.kubevirt.io", "k8s.cni.cncf.io"]);
for (const group of extraGroups) groups.delete(group);

function isModelled(groupVersion: string, name: string): boolean {
  const group = groupVersion.includes("/") ? groupVersion.split("/")[0]! : "";
  if (group === "subresources.kubevirt.io") return true;
  const [plural, subresource] = name.split("/");
  const served = registry.find((one) => one.group === group && one.plural === plural);
  return (
    served !== undefined && (subresource === undefined || served.subresources.some((one) => one.name === subresource))
  );
}

function discovered(items: readonly Json[]): unknown[] {
  const found = items as { metadata: { name?: string }; versions: { version: string; resources?: Json[] }[] }[];
  return found
    .filter(({ metadata }) => metadata.name === undefined || groups.has(metadata.name))
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
    .map(({ metadata, versions }) => ({
      metadata,
      versions: versions.map(({ version, resources = [] }) => ({
        version,
        // For built-in groups the recording holds no resources here.
        resources:
          metadata.name === undefined || metadata.name.endsWith("kubevirt.io")
            ? resources
                .filter(({ resource }) =>
                  isModelled(metadata.name ? `${metadata.name}/${version}` : version, resource as string),
                )
                .map((resource) => withSubresources(metadata.name ?? "", resource))
                .sort((a, b) => ((a["resource"] as string) < (b["resource"] as string) ? -1 : 1))
            : [],
      })),
    }));
}

function withSubresources(group: string, resource: Json): Json {
  const { subresources, ...rest } = resource as { subresources?: { subresource: string }[]; resource: string };
  if (group === "subresources.kubevirt.io" || subresources === undefined) return resource;
  const kept = subresources.filter(({ subresource }) =>
    isModelled(group ? `${group}/v1` : "v1", `${rest.resource}/${subresource}`),
  );
  return {
    ...rest,
    ...(kept.length > 0 && { subresources: kept.sort((a, b) => (a.subresource < b.subresource ? -1 : 1)) }),
  };
}

function byName(list: Json[]): Json[] {
  return [...list].sort((a, b) => ((a["name"] as string) < (b["name"] as string) ? -1 : 1));
}

interface Event {
  type: string;
  object: Json;
}

function eventLines(text: string): Event[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
}

function eventsOf(text: string): unknown[] {
  return eventLines(text).map(({ type, object }) => ({ type, object: modelled(object) }));
}

function normal(body: Json): Json {
  return JSON.parse(comparable(JSON.stringify(body)), (key, value: unknown) => {
    if (key === "managedFields" || key === "resourceVersion" || key === "generation" || key === "images")
      return undefined;
    if (key === "serverAddress") return "<address>";
    if (key === "continue" && value !== "") return "<token>";
    return value;
  }) as Json;
}

/** Without what every cluster draws for itself: UIDs, versions, times, generated names. */
function comparable(text: string): string {
  return nameOf(text)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replace(/too old resource version: 1 \(\d+\)/, "too old resource version: 1 (n)");
}

function nameOf(text: string): string {
  return text.replace(/\b(gen|kubevirt-migrate-vm)-[a-z0-9]{5}\b/g, "$1-xxxxx");
}
