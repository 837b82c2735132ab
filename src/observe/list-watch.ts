import type { Clock, Timer } from "../clock/clock.ts";
import { DeadlineError } from "../clock/deadline.ts";
import { ApiError, isExpired, type Status } from "../cluster/api-error.ts";
import type { ListOptions, Watch, WatchHandler } from "../cluster/kube-client.ts";
import { collectionPath, type Listed } from "../cluster/list-pages.ts";
import type { HttpResponse } from "../cluster/transport.ts";
import { messageOf } from "../errors.ts";
import type { KubeObject } from "../kube/objects.ts";
import type { Resource } from "../kube/resources.ts";
import { ObjectCache } from "./object-cache.ts";

/** The server is asked to end each stream after this long: a stream that outlives it by far is dead. */
const streamSeconds = 30;
/** Silence (not even headers, no line, no end) after which a stream is given up, in milliseconds. */
const silenceMs = 40_000;
/** A stream that lived this long, or said anything, was a connection: the next failure starts a new series. */
const livedMs = 1_000;
/** First and longest pause between attempts, in milliseconds. */
const backoffMs = 100;
const backoffCapMs = 5_000;
/** What the server kept for us while we were away arrives within this time of being back, in milliseconds. */
const catchUpMs = 1_000;
/** Being away shorter than this is the ordinary lag of a watch, in milliseconds. */
const ordinaryLagMs = 50;

export interface ListWatchOptions {
  clock: Clock;
  list(): Promise<Listed>;
  send(path: string, signal: AbortSignal): Promise<HttpResponse>;
  resource: Resource;
  selection: ListOptions;
  handler: WatchHandler;
  signal?: AbortSignal;
}

/** Lists, then watches until disposed of. Rejects where the first list fails; after that nothing but its handler stops it. */
export async function startListWatch(options: ListWatchOptions): Promise<Watch> {
  const watch = new ListWatch(options);
  await watch.start();
  return watch;
}

/** One line of a watch's answer. */
interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: KubeObject | Status;
}

class ListWatch implements Watch {
  closed: Promise<void> = Promise.resolve();
  readonly #options: ListWatchOptions;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #cache = new ObjectCache();
  /** Where the watch goes on; null when it must list again. */
  #version: string | null = null;
  /** Whatever happened before this instant has been seen; milliseconds of the clock. */
  #seenUntilMs = 0;
  /** Why it is not connected; null while it is. */
  #away: string | null = null;
  #handlerError: { error: unknown } | null = null;

  constructor(options: ListWatchOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  async start(): Promise<void> {
    const { signal, handler } = this.#options;
    signal?.throwIfAborted();
    const { items, resourceVersion } = await this.#options.list();
    this.#seenUntilMs = this.#clock.now();
    this.#version = resourceVersion;
    for (const object of this.#cache.fill(items)) handler.seen("LISTED", object);
    const stop = (): void => this.#stop.abort();
    signal?.addEventListener("abort", stop, { once: true });
    this.closed = this.#run().finally(() => signal?.removeEventListener("abort", stop));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.closed;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const began = this.#clock.now();
      const version = this.#version;
      try {
        if (this.#version === null) await this.#relist();
        await this.#stream();
        this.#away = "the stream was closed";
      } catch (error) {
        if (this.#handlerError !== null) throw this.#handlerError.error;
        if (this.#stop.signal.aborted) break;
        this.#away = messageOf(error);
        if (isExpired(error)) this.#version = null;
      }
      const connected = this.#clock.now() - began >= livedMs || (this.#version !== null && this.#version !== version);
      failures = connected ? 0 : failures + 1;
      if (failures > 0) await this.#pause(Math.min(backoffCapMs, backoffMs * 2 ** (failures - 1)));
    }
    const blind = this.#away !== null && this.#clock.now() - this.#seenUntilMs > ordinaryLagMs;
    if (blind) this.#lost(this.#away!);
  }

  /** After the history was lost: compares what is there with what was, by UID, and owns up to the gap. */
  async #relist(): Promise<void> {
    const { items, resourceVersion } = await this.#options.list();
    const blindSinceMs = this.#seenUntilMs;
    this.#lost(this.#away ?? "the history had expired");
    for (const { verb, object } of this.#cache.replace(items)) this.#tell(verb, object, blindSinceMs);
    this.#version = resourceVersion;
    this.#seenUntilMs = this.#clock.now();
  }

  async #stream(): Promise<void> {
    const control = new AbortController();
    const stop = (): void => control.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", stop, { once: true });
    const watchdog = new Watchdog(this.#clock, control, this.#options.resource.plural);
    try {
      const response = await this.#options.send(this.#path(), control.signal);
      if (response.status !== 200) throw ApiError.fromBody(response.status, await response.text());
      watchdog.reset();
      const openedMs = this.#clock.now();
      const blindSinceMs = openedMs - this.#seenUntilMs > ordinaryLagMs ? this.#seenUntilMs : undefined;
      this.#away = null;
      await response.lines((line) => {
        watchdog.reset();
        const catchingUp = this.#clock.now() - openedMs <= catchUpMs;
        this.#take(parse(line), catchingUp ? blindSinceMs : undefined);
        this.#seenUntilMs = this.#clock.now();
      });
      // Only a stream that ended in order has handed over everything up to its end.
      this.#seenUntilMs = this.#clock.now();
    } finally {
      watchdog.stop();
      this.#stop.signal.removeEventListener("abort", stop);
    }
  }

  #path(): string {
    const { resource, selection } = this.#options;
    return collectionPath(resource, selection, {
      watch: "true",
      resourceVersion: this.#version!,
      allowWatchBookmarks: "true",
      timeoutSeconds: String(streamSeconds),
    });
  }

  #take({ type, object }: WatchEvent, blindSinceMs: number | undefined): void {
    if (type === "ERROR") throw ApiError.fromStatus(object as Status);
    const { resourceVersion } = (object as KubeObject).metadata;
    if (type !== "BOOKMARK") {
      for (const change of this.#cache.apply(type, object as KubeObject)) {
        this.#tell(change.verb, change.object, blindSinceMs);
      }
    }
    this.#version = resourceVersion;
  }

  #tell(verb: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject, blindSinceMs: number | undefined): void {
    this.#guard(() => this.#options.handler.seen(verb, object, blindSinceMs));
  }

  #lost(reason: string): void {
    this.#guard(() => this.#options.handler.lost(this.#seenUntilMs, this.#clock.now(), reason));
  }

  /** An error of the handler is no fault of the stream: it ends the watch and comes out of `closed`. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#handlerError = { error };
      throw error;
    }
  }

  /** Not a sleep: being away must not make virtual time move. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.after(ms, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }
}

function parse(line: string): WatchEvent {
  try {
    return JSON.parse(line) as WatchEvent;
  } catch (error) {
    throw new Error(`the stream held a line that is no JSON: ${line.slice(0, 80)}`, { cause: error });
  }
}

/** Aborts a stream that says nothing for too long. */
class Watchdog {
  readonly #clock: Clock;
  readonly #control: AbortController;
  readonly #what: string;
  #timer: Timer | null = null;

  constructor(clock: Clock, control: AbortController, what: string) {
    this.#clock = clock;
    this.#control = control;
    this.#what = what;
    this.reset();
  }

  reset(): void {
    this.stop();
    this.#timer = this.#clock.after(silenceMs, () =>
      this.#control.abort(new DeadlineError(`a sign of life from the watch of ${this.#what}`, silenceMs)),
    );
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
