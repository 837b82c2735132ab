import type { KubeObject } from "../../kube/objects.ts";
import type { Timer } from "../event-clock.ts";
import type { ApiResponse, ApiStream } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { Change } from "../store.ts";
import type { World } from "../world.ts";
import { byKey, readIncluded, readVersion } from "./read.ts";
import { groupVersion } from "./registry.ts";
import type { Served } from "./registry.ts";
import { isTrue, readNumber, readView } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { readSelection } from "./selection.ts";
import type { Selection } from "./selection.ts";
import { metadataText, tableText } from "./table.ts";
import { objectText, statusOf } from "./wire.ts";

/** A bookmark is sent to those who allow it this often (storage/cacher: defaultBookmarkFrequency). */
const bookmarkPeriodMs = 60_000;
/** A watch that names no limit is closed after one to two times this (kube-apiserver: --min-request-timeout). */
const defaultTimeoutMs = 1_800_000;

type EventType = Change["verb"];

/** One open watch. */
interface Watcher {
  selects: Selection;
  stream: WatchStream;
  /** Watches that answer alike share the text of each event. */
  form: string;
  encode: (object: KubeObject) => string;
}

/** Hands every change of the store to the watches it concerns. */
export class WatchHub {
  readonly #world: World;
  readonly #watchers = new Map<string, Set<Watcher>>();
  #opened = 0;

  constructor(world: World) {
    this.#world = world;
    world.store.subscribe((change) => this.#tell(change));
    world.onComponentChange((component, up) => {
      if (component === "kube-apiserver" && !up) this.#closeAll();
    });
  }

  /** How many watches are open. */
  get size(): number {
    let size = 0;
    for (const watchers of this.#watchers.values()) size += watchers.size;
    return size;
  }

  /** Opens a watch of a collection; the answer's body is its stream. */
  open(served: Served, target: Target, query: Query): ApiResponse {
    const selects = readSelection(served, target.namespace, query.parameters);
    const version = readVersion(query.parameters);
    const timeoutMs = this.#timeoutMs(query.parameters);
    const watcher: Watcher = { selects, ...this.#encoder(served, target, query), stream: new WatchStream() };
    const { stream } = watcher;
    if (this.#replay(served, target, query, watcher, version)) {
      const watchers = this.#watchersOf(served.plural);
      watchers.add(watcher);
      const timers = [
        this.#world.clock.schedule(timeoutMs, () => stream.finish()),
        ...(isTrue(query.parameters, "allowWatchBookmarks") ? [this.#bookmarks(served, target, stream)] : []),
      ];
      stream.onClose(() => {
        watchers.delete(watcher);
        for (const timer of timers) timer.cancel();
      });
    } else {
      stream.finish();
    }
    return { status: 200, headers: { "content-type": "application/json" }, body: stream };
  }

  /** What the client has missed or begins with; false where the watch ends with that. */
  #replay(served: Served, target: Target, query: Query, watcher: Watcher, version: number | undefined): boolean {
    const { store } = this.#world;
    const { parameters } = query;
    if (version !== undefined && version > 0) {
      const changes = store.since(version);
      if (changes === undefined) {
        watcher.stream.push(eventLine("ERROR", JSON.stringify(statusOf(tooOld(version, store.oldestResourceVersion)))));
        return false;
      }
      for (const change of changes) if (change.resource === served.plural) tell(watcher, change, new Map());
      return true;
    }
    if (parameters.get("sendInitialEvents") === "false") return true;
    const objects = store.list(served.plural).filter(watcher.selects).sort(byKey);
    for (const object of objects) watcher.stream.push(eventLine("ADDED", watcher.encode(object)));
    if (isTrue(parameters, "allowWatchBookmarks")) {
      const annotations = { "k8s.io/initial-events-end": "true" };
      watcher.stream.push(bookmarkLine(served, target, store.resourceVersion, { annotations }));
    }
    return true;
  }

  #encoder(served: Served, target: Target, query: Query): Pick<Watcher, "form" | "encode"> {
    const view = readView(query.headers);
    if (view === "object") {
      const apiVersion = groupVersion(served.group, target.version);
      return { form: apiVersion, encode: (object) => objectText(object, apiVersion) };
    }
    if (view === "metadata") return { form: view, encode: metadataText };
    const included = readIncluded(query);
    let first = true;
    return {
      // Only a watch's first event carries the columns, so no two table watches share their texts.
      form: `table ${this.#opened++}`,
      encode: (object) => {
        const withColumns = first;
        first = false;
        const metadata = { resourceVersion: object.metadata.resourceVersion };
        return tableText(served, [object], metadata, this.#world.clock.wall(), included, withColumns);
      },
    };
  }

  #tell(change: Change): void {
    const watchers = this.#watchers.get(change.resource);
    if (watchers === undefined) return;
    const texts = new Map<string, string>();
    for (const watcher of watchers) tell(watcher, change, texts);
  }

  #timeoutMs(parameters: URLSearchParams): number {
    const seconds = readNumber(parameters, "timeoutSeconds");
    if (seconds > 0) return seconds * 1000;
    return defaultTimeoutMs * (1 + this.#world.random.fraction("watch", this.#opened++));
  }

  #bookmarks(served: Served, target: Target, stream: WatchStream): Timer {
    const { clock, store } = this.#world;
    const next = () =>
      clock.schedule(bookmarkPeriodMs, () => {
        stream.push(bookmarkLine(served, target, store.resourceVersion));
        timer = next();
      });
    let timer = next();
    return { cancel: () => timer.cancel() };
  }

  #watchersOf(plural: string): Set<Watcher> {
    let watchers = this.#watchers.get(plural);
    if (watchers === undefined) this.#watchers.set(plural, (watchers = new Set()));
    return watchers;
  }

  #closeAll(): void {
    for (const watchers of this.#watchers.values()) for (const { stream } of [...watchers]) stream.finish();
  }
}

/** Lines for one client: kept until it reads, then handed on at once. */
class WatchStream implements ApiStream {
  #waiting: string[] = [];
  #reader: { line: (text: string) => void; end: () => void } | undefined;
  #finished = false;
  #cleanUps: (() => void)[] = [];

  read(line: (text: string) => void, end: () => void): void {
    this.#reader = { line, end };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const text of waiting) line(text);
    if (this.#finished) end();
  }

  close(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#cleanUp();
  }

  push(text: string): void {
    if (this.#finished) return;
    if (this.#reader === undefined) this.#waiting.push(text);
    else this.#reader.line(text);
  }

  /** The server ends the watch. */
  finish(): void {
    if (this.#finished) return;
    this.close();
    this.#reader?.end();
  }

  onClose(cleanUp: () => void): void {
    if (this.#finished) cleanUp();
    else this.#cleanUps.push(cleanUp);
  }

  #cleanUp(): void {
    for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
  }
}

/** Sends a change to a watch that it concerns; one that begins or ceases to be selected is added or deleted. */
function tell({ selects, stream, form, encode }: Watcher, change: Change, texts: Map<string, string>): void {
  const type = eventType(selects, change);
  if (type === undefined) return;
  const key = `${type} ${form}`;
  let text = texts.get(key);
  if (text === undefined) texts.set(key, (text = eventLine(type, encode(change.object))));
  stream.push(text);
}

function eventType(selects: Selection, { verb, object, old }: Change): EventType | undefined {
  const before = old !== undefined && selects(old);
  const after = verb !== "DELETED" && selects(object);
  if (before) return after ? "MODIFIED" : "DELETED";
  return after ? "ADDED" : undefined;
}

function eventLine(type: EventType | "ERROR", object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

function bookmarkLine(served: Served, target: Target, resourceVersion: number, metadata: object = {}): string {
  const object = {
    kind: served.kind,
    apiVersion: groupVersion(served.group, target.version),
    metadata: { resourceVersion: String(resourceVersion), ...metadata },
  };
  return `{"type":"BOOKMARK","object":${JSON.stringify(object)}}\n`;
}

function tooOld(version: number, oldest: number): StatusError {
  return new StatusError(410, "Expired", `too old resource version: ${version} (${oldest})`);
}
