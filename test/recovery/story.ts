import type { JournalLine } from "../../src/observe/journal.ts";
import type { KubeObject } from "../../src/kube/objects.ts";

/**
 * Writes the journal of a small cluster whose truth is known: what happens is told with the true time, and arrives
 * with the lag of its watch; guests are asked as the prober asks them. Times are milliseconds.
 */
export class Story {
  readonly #events: { ms: number; resource: string; verb: "ADDED" | "MODIFIED" | "DELETED"; object: KubeObject }[] = [];
  readonly #lines: { ms: number; line: object }[] = [];
  readonly #seen = new Set<string>();

  /** An object became so. */
  event(ms: number, resource: string, object: object, gone = false): this {
    const whole = { apiVersion: "v1", kind: resource, ...object } as KubeObject;
    const verb = gone ? "DELETED" : this.#seen.has(whole.metadata.uid) ? "MODIFIED" : "ADDED";
    this.#seen.add(whole.metadata.uid);
    this.#events.push({ ms, resource, verb, object: whole });
    return this;
  }

  vm(ms: number, runStrategy: string, status: object = { runStrategy }): this {
    const spec = { runStrategy, template: { spec: { domain: { devices: {} } } } };
    return this.event(ms, "virtualmachines", { metadata: { uid: "vm", name: "web", namespace: "lab" }, spec, status });
  }

  vmi(
    ms: number,
    uid: string,
    phase: string,
    { ready = false, node = "a", deleting = false, gone = false } = {},
  ): this {
    const metadata = {
      uid,
      name: "web",
      namespace: "lab",
      ...(deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ownerReferences: [{ kind: "VirtualMachine", name: "web", uid: "vm", controller: true }],
    };
    const conditions = [{ type: "Ready", status: ready ? "True" : "False" }];
    const object = { metadata, spec: { domain: { devices: {} } }, status: { phase, nodeName: node, conditions } };
    return this.event(ms, "virtualmachineinstances", object, gone);
  }

  pod(
    ms: number,
    vmiUid: string,
    { node = "a", deleting = false, gone = false, failure = null as string | null } = {},
  ): this {
    const metadata = {
      uid: `pod-${vmiUid}`,
      name: `virt-launcher-web-${vmiUid}`,
      namespace: "lab",
      ...(deleting && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ownerReferences: [{ kind: "VirtualMachineInstance", name: "web", uid: vmiUid, controller: true }],
    };
    const containerStatuses = [
      { name: "compute", ready: true, restartCount: 0, state: { running: { startedAt: "" } } },
    ];
    return this.event(
      ms,
      "pods",
      {
        metadata,
        spec: { nodeName: node, containers: [] },
        status: { containerStatuses, ...(failure !== null && { phase: "Failed", reason: failure }) },
      },
      gone,
    );
  }

  node(ms: number, name: string, ready: boolean): this {
    const conditions = [{ type: "Ready", status: ready ? "True" : "Unknown" }];
    return this.event(ms, "nodes", { metadata: { uid: `node-${name}`, name }, spec: {}, status: { conditions } });
  }

  action(fromMs: number, toMs: number, name: string, details: object = {}): this {
    this.#lines.push({ ms: fromMs, line: { kind: "action", name, phase: "start", ...details } });
    this.#lines.push({ ms: toMs, line: { kind: "action", name, phase: "end", ...details } });
    return this;
  }

  line(ms: number, line: object): this {
    this.#lines.push({ ms, line });
    return this;
  }

  /**
   * Asks the guest from `fromMs` to `untilMs`: every second, or when the last question was given up after 1.8 s.
   * `guestAt` says which VMI runs at an instant, and with which boot id its guest answers, if it does.
   */
  asked(fromMs: number, untilMs: number, guestAt: (ms: number) => { uid: string; bootId: string | null } | null): this {
    let last: { uid: string; bootId: string | null; askedMs: number } | null = null;
    for (let askedMs = fromMs; askedMs < untilMs;) {
      const guest = guestAt(askedMs);
      if (guest === null) {
        last = null;
        askedMs += 1000;
        continue;
      }
      const atMs = askedMs + (guest.bootId === null ? 1800 : 20);
      const isSame = last?.uid === guest.uid && last.bootId === guest.bootId;
      if (!isSame && atMs < untilMs) {
        const { uid, bootId } = guest;
        const lastOfPrevious = last?.uid === uid ? last.askedMs / 1000 : null;
        this.line(atMs, {
          kind: "sample",
          vm: "web",
          uid,
          ok: bootId !== null,
          bootId,
          asked: askedMs / 1000,
          lastOfPrevious,
        });
      }
      last = { ...guest, askedMs };
      askedMs = Math.max(askedMs + 1000, atMs);
    }
    return this;
  }

  /** The journal as it was written; `lagMs` says how late the watch of a resource was with its n-th event. */
  journal(lagMs: (resource: string, index: number) => number = () => 0, endMs = 0): JournalLine[] {
    const events = this.#events.toSorted((one, other) => one.ms - other.ms);
    const arrived = new Map<string, number>();
    const watched = events.map(({ ms, resource, verb, object }, index) => {
      // Within one watch nothing overtakes.
      const arrivalMs = Math.max(arrived.get(resource) ?? 0, ms + lagMs(resource, index));
      arrived.set(resource, arrivalMs);
      const metadata = { ...object.metadata, resourceVersion: String(1000 + index) };
      return { ms: arrivalMs, line: { kind: "watch", verb, resource, object: { ...object, metadata } } };
    });
    const end = endMs > 0 ? [{ ms: endMs, line: { kind: "end", status: "complete" } }] : [];
    return [...watched, ...this.#lines, ...end]
      .toSorted((one, other) => one.ms - other.ms)
      .map(({ ms, line }) => ({ at: ms / 1000, wall: new Date(ms).toISOString(), ...line }) as JournalLine);
  }
}

/** A VM that has been up for a minute when its story begins; node `a` and `b` are Ready. */
export function upVm(runStrategy = "Always"): Story {
  return new Story()
    .node(10, "a", true)
    .node(10, "b", true)
    .vm(100, runStrategy)
    .vmi(200, "old", "Running", { ready: true })
    .pod(210, "old");
}
