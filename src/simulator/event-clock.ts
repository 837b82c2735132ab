/** A scheduled event; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

interface Entry {
  at: number;
  order: number;
  run: (() => void) | null;
}

/**
 * The model's time: a queue of events, run in order of their time, first scheduled first.
 * It moves only when its driver calls `step`; nothing in the model reads a real clock.
 */
export class EventClock {
  #now = 0;
  #order = 0;
  #heap: Entry[] = [];
  readonly #epochMs: number;

  /** @param epochMs calendar time of the model's zero, in milliseconds since 1970. */
  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  /** Milliseconds since the model's zero. */
  now(): number {
    return this.#now;
  }

  /** Calendar time of `now()`. */
  wall(): Date {
    return new Date(this.#epochMs + this.#now);
  }

  /** Calendar time as the API server stamps objects: RFC 3339 with a resolution of one second. */
  stamp(): string {
    return this.wall()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  /** Runs `run` once, `delayMs` from now (never before the present). */
  schedule(delayMs: number, run: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  /** When the next event is due, or undefined when none is. */
  nextAt(): number | undefined {
    while (this.#heap[0]?.run === null) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Moves to the next event and runs it; false when there is none. */
  step(): boolean {
    if (this.nextAt() === undefined) return false;
    const entry = this.#pop();
    this.#now = entry.at;
    const run = entry.run;
    entry.run = null;
    run?.();
    return true;
  }

  /** Runs every event due up to `at` (milliseconds), then stands at `at`. */
  advanceTo(at: number): void {
    for (let next = this.nextAt(); next !== undefined && next <= at; next = this.nextAt()) this.step();
    this.#now = Math.max(this.#now, at);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
