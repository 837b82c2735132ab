import type { Clock, Timer } from "../../clock/clock.ts";
import type { VirtualMachineInstance } from "../../kube/objects.ts";
import { virtualMachineInstances } from "../../kube/resources.ts";
import type { GuestAnswer } from "../../simulator/simulation.ts";
import type { Prober, Sample } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";

/** How often a prober asks each guest, in milliseconds. */
const periodMs = 100;

/** Guests as someone off their nodes can ask them. */
export interface Guests {
  /** The boot id that the guest tells now; null where it does not answer. */
  ask(vmiUid: string): string | null;
  /** The marker on its disk that it tells along with it. */
  markerOf(vmiUid: string): string | null;
  /** Calls back whenever a guest's answer has changed. */
  onAnswer(listener: (answer: GuestAnswer) => void): void;
}

/** A guest that is asked, and what it answered last; null before the first question. */
interface Asked {
  name: string;
  last: { bootId: string | null } | null;
  due: Timer | null;
}

/**
 * What a prober sees that asks every Running VMI ten times a second: the questions whose answer cannot differ from
 * the one before are not put.
 */
export async function startSimulatedProber(
  guests: Guests,
  clock: Clock,
  kube: KubeClient,
  namespace: string,
  onSample: (sample: Sample) => void,
): Promise<Prober> {
  const beganMs = clock.now();
  const asked = new Map<string, Asked>();

  const put = (uid: string, guest: Asked): void => {
    guest.due = null;
    const bootId = guests.ask(uid);
    if (guest.last?.bootId === bootId) return;
    const now = clock.now();
    const lastOfPreviousMs = guest.last === null ? null : now - periodMs;
    guest.last = { bootId };
    const marker = guests.markerOf(uid);
    onSample({ vm: guest.name, uid, ok: bootId !== null, bootId, marker, atMs: now, askedMs: now, lastOfPreviousMs });
  };

  /** At the next of the instants at which questions are put. */
  const putNext = (uid: string, guest: Asked): void => {
    const elapsedMs = clock.now() - beganMs;
    const waitMs = Math.ceil(elapsedMs / periodMs) * periodMs - elapsedMs;
    guest.due ??= clock.after(waitMs, () => put(uid, guest));
  };

  const forget = (uid: string): void => {
    asked.get(uid)?.due?.cancel();
    asked.delete(uid);
  };

  guests.onAnswer(({ vmiUid }) => {
    const guest = asked.get(vmiUid);
    if (guest !== undefined) putNext(vmiUid, guest);
  });
  const watch = await kube.watch(
    virtualMachineInstances,
    {
      seen: (verb, object) => {
        const { metadata, status } = object as VirtualMachineInstance;
        if (verb === "DELETED" || status.phase !== "Running") return forget(metadata.uid);
        if (asked.has(metadata.uid)) return;
        const guest = { name: metadata.name, last: null, due: null };
        asked.set(metadata.uid, guest);
        putNext(metadata.uid, guest);
      },
      lost: () => {},
    },
    { namespace },
  );
  return {
    periodMs,
    lost: null,
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      for (const uid of [...asked.keys()]) forget(uid);
    },
  };
}
