/** A signal that was heard, and how to stop listening. */
export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/** What of `process` is listened to. */
type SignalSource = Pick<NodeJS.Process, "on" | "off" | "kill" | "pid">;

/** npm passes on the Ctrl-C that the terminal has already sent to the whole group: that second one is no second thought. */
const duplicateMs = 1000;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts the signal, so that the run can undo what it did and write what it has;
 * another one, a second or more later, kills at once.
 */
export function onInterrupt(
  announce: (text: string) => void,
  source: SignalSource = process,
  now = () => performance.now(),
): Interrupt {
  const controller = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let firstAt = 0;
  const hear = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      firstAt = now();
      announce(
        "interrupted: undoing what was done, then writing what there is (once more to stop at once, and leave the rest to `rebound undo`)",
      );
      controller.abort(new Error("interrupted"));
    } else if (now() - firstAt > duplicateMs) {
      stopListening();
      source.kill(source.pid, signal);
    }
  };
  const stopListening = (): void => {
    for (const signal of signals) source.off(signal, hear);
  };
  for (const signal of signals) source.on(signal, hear);
  return { signal: controller.signal, [Symbol.dispose]: stopListening };
}
