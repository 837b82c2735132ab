import type { ContainerRecord } from "./container-runtime.ts";

const firstMs = 10_000;
const longestMs = 300_000;
/** A container that ran this long starts afresh (pkg/kubelet: MaxContainerBackOff ×2). */
const forgivenMs = 600_000;

/** How long a container that keeps ending waits before it is started again: not at all, then 10 s, doubled up to 5 min. */
export class RestartBackOff {
  readonly #now: () => number;
  readonly #entries = new Map<string, { ended: string; waitMs: number; untilMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds left to wait before the container of that record, which has ended, may start again. */
  waitMs(container: string, record: ContainerRecord): number {
    const before = this.#entries.get(container);
    if (before?.ended === record.id) return before.untilMs - this.#now();
    const forgiven = before === undefined || this.#now() - record.startedMs > forgivenMs;
    const waitMs = forgiven ? 0 : Math.min(longestMs, before.waitMs === 0 ? firstMs : before.waitMs * 2);
    this.#entries.set(container, { ended: record.id, waitMs, untilMs: this.#now() + waitMs });
    return waitMs;
  }

  /** The wait that container is in, as its status words it, or undefined. */
  waiting(container: string): string | undefined {
    const entry = this.#entries.get(container);
    if (entry === undefined || entry.waitMs === 0 || this.#now() >= entry.untilMs) return undefined;
    return entry.waitMs < 60_000
      ? `${entry.waitMs / 1000}s`
      : `${Math.floor(entry.waitMs / 60_000)}m${(entry.waitMs % 60_000) / 1000}s`;
  }
}
