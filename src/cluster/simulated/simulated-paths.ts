import type { Clock, Timer } from "../../clock/clock.ts";
import type { Service } from "../../kube/objects.ts";
import { services } from "../../kube/resources.ts";
import type { ServedBy } from "../../simulator/node/service-proxy.ts";
import type { Sample } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";
import { periodMs } from "./simulated-prober.ts";

/** Guests as their users come to them, through a node where nothing is broken. */
export interface Paths {
  ask(vmiUid: string, port: number): string | null;
  /** Among whom a Service chooses. */
  behind(serviceUid: string): readonly ServedBy[];
  /** Calls back whenever a Service's answer may have changed, of whichever Service. */
  onTouch(listener: () => void): void;
}

/** A Service that is asked, what it answered last, and a VMI that was behind it. */
interface Asked {
  service: string;
  last: { vm: string; ok: boolean } | null;
  due: Timer | null;
}

/**
 * What a prober sees that asks ten times a second at the port that each Service has on every node: told once it has led to a
 * guest. It is answered where all do among whom the node chooses: its users meet the worst of them.
 */
export async function startSimulatedPaths(
  paths: Paths,
  clock: Clock,
  kube: KubeClient,
  namespace: string,
  onSample: (sample: Sample) => void,
): Promise<AsyncDisposable> {
  const beganMs = clock.now();
  const asked = new Map<string, Asked>();

  const put = (uid: string, path: Asked): void => {
    path.due = null;
    const behind = paths.behind(uid);
    const answers = behind.map(({ vmiUid, port }) => paths.ask(vmiUid, port));
    const ok = answers.length > 0 && !answers.includes(null);
    if (path.last?.ok === ok || (path.last === null && !ok)) return;
    const now = clock.now();
    const lastOfPreviousMs = path.last === null ? null : now - periodMs;
    const vm = path.last?.vm ?? behind[0]!.vmiName;
    path.last = { vm, ok };
    const bootId = ok ? answers[0]! : null;
    const times = { atMs: now, askedMs: now, lastOfPreviousMs };
    onSample({ channel: "service", service: path.service, vm, uid, ok, bootId, marker: null, ...times });
  };

  /** At the next of the instants at which questions are put. */
  const putNext = (uid: string, path: Asked): void => {
    const elapsedMs = clock.now() - beganMs;
    const waitMs = Math.ceil(elapsedMs / periodMs) * periodMs - elapsedMs;
    path.due ??= clock.after(waitMs, () => put(uid, path));
  };

  const forget = (uid: string): void => {
    asked.get(uid)?.due?.cancel();
    asked.delete(uid);
  };

  paths.onTouch(() => {
    for (const [uid, path] of asked) putNext(uid, path);
  });
  const watch = await kube.watch(
    services,
    {
      seen: (verb, object) => {
        const { metadata, spec } = object as Service;
        if (verb === "DELETED") return forget(metadata.uid);
        const isReachable = spec.ports?.[0]?.nodePort !== undefined;
        if (asked.has(metadata.uid) || !isReachable) return;
        const path = { service: metadata.name, last: null, due: null };
        asked.set(metadata.uid, path);
        putNext(metadata.uid, path);
      },
      lost: () => {},
    },
    { namespace },
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      for (const uid of [...asked.keys()]) forget(uid);
    },
  };
}
