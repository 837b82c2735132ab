import type { Clock } from "../../clock/clock.ts";
import { withDeadline } from "../../clock/deadline.ts";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Receipt } from "../cluster.ts";
import { scriptOf, type Act } from "../hands/act.ts";
import { mustRunOn } from "../node-shell.ts";
import type { HeardShell } from "./pod-node-shell.ts";

/** Something after which a node hears nobody any more: what brings it about, and what ends it. */
export interface Severance {
  /** A word for it, as in names of systemd's units. */
  name: string;
  cut: Act;
  mend: Act;
  /** A node that mends itself is up again so long after at most, in milliseconds. */
  backMs: number;
}

/** Between two signs of life of a node that is about to be cut off, in seconds. */
const tickSeconds = 0.1;
/** So long nothing is heard of it, and it is taken for cut off, in milliseconds. */
const silenceMs = 1_500;
/** It is cut off so long after it was told, so that its usual pace is known by then, in seconds. */
const leadSeconds = 2;
/** Longest time from being told to falling silent, in milliseconds: systemd gives a service 90 s to stop. */
const fallSilentMs = 100_000;
/** How long a node is asked whether it is cut off indeed, in milliseconds. */
const checkMs = 4_000;
/**
 * The node does it by itself, and ends it by itself: a unit of systemd's, which lives on without any pod or connection,
 * mends it when the time is over. Meanwhile the shell gives signs of life for as long as it is heard.
 */
const script = `
unit=rebound-$1 hold=$2
files=/run/$unit
printf "%s" "$3" >$files.cut && printf "%s" "$4" >$files.mend || exit 1
# Not as its arguments: systemd would put variables of its own into them.
cat >$files.sh <<END
sleep ${leadSeconds}
sh $files.cut $5 2>$files.failed >/dev/null || exit 1
: >$files.failed
sleep $hold
until sh $files.mend $6 >/dev/null 2>&1; do sleep 1; done
END
systemd-run --quiet --collect --unit=$unit sh $files.sh || exit 1
while systemctl is-active --quiet $unit; do
  echo
  sleep ${tickSeconds}
done
cat $files.failed >&2
exit 1
`;

/** Ends the unit, if there is one, before what it does is done at once. */
const mendNow = `
systemctl stop rebound-$1 2>/dev/null
sh -c "$2" sh $3 && rm -f /run/rebound-$1.*
`;

/**
 * Cuts a node off; after `holdSeconds` it mends itself. The receipt bounds the moment by the last sign of life, its
 * way here and the longest pause between two.
 *
 * @throws EnvironmentError where it is not cut off
 */
export async function sever(
  shell: HeardShell,
  clock: Clock,
  node: string,
  { name, cut, mend }: Severance,
  holdSeconds: number,
): Promise<Receipt> {
  // The first script waits for a pod: that is no way that a sign of life takes.
  await mustRunOn(shell, node, "to look at it", "true");
  const life = new SignsOfLife(clock);
  const told = new AbortController();
  const words = [name, String(holdSeconds), scriptOf(cut), scriptOf(mend), wordsOf(cut), wordsOf(mend)];
  const running = shell.run(node, script, words, {
    limitSeconds: fallSilentMs / 1000,
    signal: told.signal,
    onOutput: () => life.hear(),
  });
  const failure = running.then(
    ({ stderr }) => {
      // A runtime that goes away may end the exec as if it were over.
      if (stderr.trim() !== "") throw new EnvironmentError(`on node ${node}, ${cut.what} failed: ${stderr.trim()}`);
    },
    () => undefined,
  );
  const silence = waitUntil(clock, {
    what: `node ${node} to fall silent`,
    limitMs: fallSilentMs,
    everyMs: 50,
    signal: told.signal,
    look: () => (life.silentForMs() > silenceMs ? true : notYet("it is heard")),
  });
  try {
    await Promise.race([silence, failure.then(() => silence)]);
    const { fromMs, toMs } = life.endedBetween();
    return { fromMs, toMs, evidence: `node ${node} fell silent, and ${await whyUnreachable(shell, clock, node)}` };
  } finally {
    told.abort(new Error("it was heard for long enough"));
    await Promise.allSettled([running, silence]);
  }
}

/** Ends it now where the node can be reached; otherwise waits until the node has ended it itself. */
export async function rejoin(
  shell: HeardShell,
  clock: Clock,
  node: string,
  { name, mend, backMs }: Severance,
  holdSeconds: number,
): Promise<Receipt> {
  const fromMs = clock.now();
  await waitUntil(clock, {
    what: `node ${node} to join again by itself`,
    limitMs: holdSeconds * 1000 + backMs,
    everyMs: 1_000,
    look: async () => {
      try {
        await mustRunOn(shell, node, mend.what, mendNow, [name, scriptOf(mend), wordsOf(mend)]);
        return true;
      } catch (error) {
        return notYet(messageOf(error));
      }
    },
  });
  return { fromMs, toMs: clock.now(), evidence: `node ${node} is reached again` };
}

function wordsOf({ args = [] }: Act): string {
  return args.join(" ");
}

/** What stands against reaching it; no answer is an answer, too. @throws EnvironmentError where nothing does */
async function whyUnreachable(shell: HeardShell, clock: Clock, node: string): Promise<string> {
  const ask = (signal: AbortSignal) => shell.run(node, "true", [], { limitSeconds: 2, signal });
  try {
    await withDeadline(clock, checkMs, ask, `node ${node} to answer`);
  } catch (error) {
    return messageOf(error);
  }
  throw new EnvironmentError(`node ${node} was silent for a while, and answers: it is not cut off`);
}

/** When a node was heard. */
class SignsOfLife {
  readonly #clock: Clock;
  readonly #beganMs: number;
  #firstMs: number | null = null;
  #lastMs = Infinity;
  #longestPauseMs = tickSeconds * 1000;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = clock.now();
  }

  hear(): void {
    const nowMs = this.#clock.now();
    if (this.#firstMs === null) this.#firstMs = nowMs;
    else this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }

  silentForMs(): number {
    return this.#clock.now() - this.#lastMs;
  }

  /** The last sign was sent before it arrived, by less than the first took; the next one would have come within a pause. */
  endedBetween(): { fromMs: number; toMs: number } {
    const latencyMs = (this.#firstMs ?? this.#beganMs) - this.#beganMs;
    return { fromMs: this.#lastMs - latencyMs, toMs: this.#lastMs + this.#longestPauseMs };
  }
}
