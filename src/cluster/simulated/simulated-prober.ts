import type { Clock, Timer } from "../../clock/clock.ts";
import type { VirtualMachineInstance } from "../../kube/objects.ts";
import { virtualMachineInstances } from "../../kube/resources.ts";
import type { GuestAnswer } from "../../simulator/simulation.ts";
import type { Prober, Sample } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";

/** How often a prober asks each guest, in milliseconds. */
export const periodMs = 100;
/** How often it is told that a guest still answers whose VMI has ended, in milliseconds. */
const againMs = 5_000;

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
  /** Whether its VMI has ended. */
  ended: boolean;
  /** When it is told again. */
  again: Timer | null;
}

/**
 * What a prober sees that asks the guest of every VMI that runs or has run ten times a second: the questions whose
 * answer cannot differ from the one before are not put.
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
    tell(uid, guest, bootId);
    if (guest.ended) tellAgain(uid, guest);
  };

  const tell = (uid: string, guest: Asked, bootId: string | null): void => {
    const now = clock.now();
    const lastOfPreviousMs = guest.last === null ? null : now - periodMs;
    guest.last = { bootId };
    const marker = guests.markerOf(uid);
    onSample({ vm: guest.name, uid, ok: bootId !== null, bootId, marker, atMs: now, askedMs: now, lastOfPreviousMs });
  };

  /** That its VMI has ended is no reason to believe that it has: as long as it answers, that is told again. */
  const tellAgain = (uid: string, guest: Asked): void => {
    guest.again?.cancel();
    guest.again = clock.after(againMs, () => {
      const bootId = guests.ask(uid);
      if (bootId === null) return;
      tell(uid, guest, bootId);
      tellAgain(uid, guest);
    });
  };

  const end = (uid: string): void => {
    const guest = asked.get(uid);
    if (guest === undefined || guest.ended) return;
    guest.ended = true;
    tellAgain(uid, guest);
  };

  /** At the next of the instants at which questions are put. */
  const putNext = (uid: string, guest: Asked): void => {
    const elapsedMs = clock.now() - beganMs;
    const waitMs = Math.ceil(elapsedMs / periodMs) * periodMs - elapsedMs;
    guest.due ??= clock.after(waitMs, () => put(uid, guest));
  };

  const forget = (uid: string): void => {
    asked.get(uid)?.due?.cancel();
    asked.get(uid)?.again?.cancel();
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
        if (verb === "DELETED" || status.phase !== "Running") return end(metadata.uid);
        if (asked.has(metadata.uid)) return;
        const guest = { name: metadata.name, last: null, due: null, ended: false, again: null };
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
