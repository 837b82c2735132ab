import type { Timer } from "./event-clock.ts";
import type { Component, World } from "./world.ts";

/**
 * A controller's work queue: keys are reconciled one at a time after a seeded latency, a key waiting twice
 * is reconciled once, and nothing happens while its component is down (it catches up when it is back).
 * A pass may say how long it takes, in milliseconds: its key is not reconciled again before that.
 */
export class WorkQueue {
  readonly #world: World;
  readonly #name: string;
  readonly #component: Component;
  readonly #reconcile: (key: string) => number | void;
  readonly #waiting = new Map<string, { at: number; timer: Timer }>();
  readonly #missed = new Set<string>();
  readonly #busyUntil = new Map<string, number>();
  #draws = 0;

  constructor(world: World, name: string, component: Component, reconcile: (key: string) => number | void) {
    this.#world = world;
    this.#name = name;
    this.#component = component;
    this.#reconcile = reconcile;
    world.onComponentChange((changed, up) => {
      if (changed !== component || !up) return;
      for (const key of this.#missed) this.add(key);
      this.#missed.clear();
    });
  }

  /**
   * Reconciles `key` after `delayMs`, or after a reaction time of 5 to 40 ms, and as much later as the API server
   * is slow; an earlier appointment stands.
   */
  add(key: string, delayMs = this.#world.random.between(5, 40, this.#name, key, this.#draws++)): void {
    const now = this.#world.clock.now();
    const at = Math.max(now + delayMs + this.#world.apiDelayMs, this.#busyUntil.get(key) ?? 0);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      if (waiting.at <= at) return;
      waiting.timer.cancel();
    }
    const timer = this.#world.clock.schedule(at - now, () => {
      this.#waiting.delete(key);
      if (this.#world.up(this.#component)) this.#pass(key);
      else this.#missed.add(key);
    });
    this.#waiting.set(key, { at, timer });
  }

  #pass(key: string): void {
    this.#busyUntil.delete(key);
    const tookMs = this.#reconcile(key);
    if (typeof tookMs !== "number") return;
    this.#busyUntil.set(key, this.#world.clock.now() + tookMs);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    waiting.timer.cancel();
    this.#waiting.delete(key);
    this.add(key, waiting.at - this.#world.clock.now() - this.#world.apiDelayMs);
  }
}
