/**
 * What passes between the harness and the prober's program: one JSON object a line, commands on its standard input,
 * reports on its standard output. Times are milliseconds of the machine's monotonic clock where the program runs.
 */
export type Command =
  | { kind: "ask"; target: Target }
  | { kind: "forget"; id: string }
  /** Packets for that range of addresses go by that address. */
  | { kind: "route"; range: string; via: string }
  | { kind: "ping"; id: number };

/** Someone to ask, by HTTP. Told again it replaces what was told before under its id. */
export interface Target {
  id: string;
  /** Where it may be; it answers where one of them does. */
  addresses: string[];
  port: number;
}

/** What a target said of itself, if it answered; what a guest does not tell is null. */
export interface Answer {
  ok: boolean;
  bootId: string | null;
  marker: string | null;
}

/** The answer has changed: it is this from the question put at `askedMs` on, until the next run of the target. */
export interface Run extends Answer {
  id: string;
  askedMs: number;
  /** By then the change had happened. */
  knownMs: number;
  /** When the last question was put that shows the answer before; null where none was. */
  lastOfPreviousMs: number | null;
}

export type Report =
  | { kind: "ready"; periodMs: number }
  | ({ kind: "run" } & Run)
  /** The program goes on; what was answered to questions put before `toldMs` has been told. */
  | { kind: "alive"; toldMs: number }
  /** Nobody was asked between these instants. */
  | { kind: "blind"; fromMs: number; toMs: number }
  | { kind: "pong"; id: number; nowMs: number }
  /** A command that could not be obeyed, and why. */
  | { kind: "trouble"; what: string };

/** How often each target is asked, in milliseconds. */
export const periodMs = 100;

/** Longest time that an answer may take, in milliseconds. */
export const answerLimitMs = 5_000;

/** Nobody tells the program anything for so long, in milliseconds: then it is forgotten, and ends itself. */
export const orphanedMs = 30_000;
