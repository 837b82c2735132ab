import { createInterface } from "node:readline/promises";
import type { WriteStream } from "node:tty";

/** Whether a stream shows colours; `NO_COLOR` and `FORCE_COLOR` are heard. */
export function hasColours(stream: Partial<Pick<WriteStream, "isTTY" | "hasColors">>): boolean {
  return stream.isTTY === true && stream.hasColors?.() === true;
}

/** How wide output may be; wide where there is no terminal to say it. */
export function widthOf(stream: Partial<Pick<WriteStream, "columns">>): number {
  return stream.columns ?? 160;
}

/** Tells a person something, where it does not disturb what a program reads. */
export function say(text: string): void {
  process.stderr.write(`rebound: ${text}\n`);
}

/** How to ask the person at the terminal for a line; null where there is none, as in CI. */
export function askAtTerminal(): ((question: string) => Promise<string>) | null {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  return async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await lines.question(question).finally(() => lines.close());
    return answer.trim();
  };
}
