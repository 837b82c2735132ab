import { connect } from "node:net";
import type { Answer } from "./protocol.ts";

/** How a question ended: with an answer, refused, or given up. */
export type End = Answer | "refused" | "given-up";

/** Longest answer that is read, in bytes. */
const longest = 4096;

/** Longest time until a connection is there: below TCP's first repetition of a lost packet (RFC 6298), in milliseconds. */
const connectLimitMs = 950;

/** Errors by which somebody on the way, or at the address, says that nobody serves there. */
const refusals = new Set(["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH"]);

/**
 * Asks by HTTP at one address. An answer is one that tells a boot id: a connection that is accepted, or what a proxy
 * on the way says, proves nothing. Servers that close without reading the question (a shell behind `nc`) are heard.
 */
export function ask(address: string, port: number, signal: AbortSignal): Promise<End> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: address, port, noDelay: true });
    const end = (silent: "refused" | "given-up"): void => {
      clearTimeout(connecting);
      signal.removeEventListener("abort", giveUp);
      socket.destroy();
      resolve(read(text) ?? silent);
    };
    const giveUp = (): void => end("given-up");
    const connecting = setTimeout(giveUp, connectLimitMs);
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp);
    socket.setEncoding("latin1");
    socket.once("connect", () => {
      clearTimeout(connecting);
      socket.write(`GET / HTTP/1.0\r\nHost: ${address}\r\n\r\n`);
    });
    socket.on("data", (part: string) => {
      text += part;
      if (text.length > longest || both.test(text)) end("refused");
    });
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => end(refusals.has(code) ? "refused" : "given-up"));
    socket.once("close", () => end("refused"));
  });
}

const id = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const both = new RegExp(`\\r?\\n\\r?\\n(${id})\\s+([\\w.-]+/${id})\\s`);
const bootIdAlone = new RegExp(`\\r?\\n\\r?\\n(${id})\\s`);

/** The default guest tells its boot id, then its marker, a line each. */
function read(text: string): Answer | null {
  const [, bootId = null, marker = null] = both.exec(text) ?? bootIdAlone.exec(text) ?? [];
  return bootId === null ? null : { ok: true, bootId, marker };
}
