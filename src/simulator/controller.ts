import type { Timer } from "./event-clock.ts";
import type { Component, World } from "./world.ts";

/**
 * A controller's work queue: keys are reconciled one at a time after a seeded latency, a key waiting twice
 * is reconciled once, and nothing happens while its component is down (it catches up when it is back).
 */
export class WorkQueue {
  readonly #world: World;
  readonly #name: string;
  readonly #component: Component;
  readonly #reconcile: (key: string) => void;
  readonly #waiting = new Map<string, { at: number; timer: Timer }>();
  readonly #missed = new Set<string>();
  #draws = 0;

  constructor(world: World, name: string, component: Component, reconcile: (key: string) => void) {
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
    const waitMs = delayMs + this.#world.apiDelayMs;
    const at = this.#world.clock.now() + waitMs;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      if (waiting.at <= at) return;
      waiting.timer.cancel();
    }
    const timer = this.#world.clock.schedule(waitMs, () => {
      this.#waiting.delete(key);
      if (this.#world.up(this.#component)) this.#reconcile(key);
      else this.#missed.add(key);
    });
    this.#waiting.set(key, { at, timer });
  }
}
