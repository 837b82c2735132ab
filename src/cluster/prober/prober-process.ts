/** The prober's program as it runs somewhere. Disposing of it ends it and removes what it ran in. */
export interface ProberProcess extends AsyncDisposable {
  /** What it prints; ends, or throws, when it has ended or is not heard any more. */
  readonly lines: AsyncIterable<string>;
  /** Tells it one line; nothing happens where it does not hear any more. */
  tell(line: string): void;
}

/**
 * Starts the program.
 *
 * @throws EnvironmentError where it cannot be started
 */
export type LaunchProber = (signal: AbortSignal) => Promise<ProberProcess>;
