import { connect } from "node:net";
import type { Answer } from "./protocol.ts";

export const silence: Answer = { ok: false, bootId: null, marker: null };

/** Longest answer that is read, in bytes. */
const longest = 4096;

/**
 * Asks by HTTP at one address. An answer is one that tells a boot id: a connection that is accepted, or what a proxy
 * on the way says, proves nothing. Servers that close without reading the question (a shell behind `nc`) are heard.
 */
export function ask(address: string, port: number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: address, port, noDelay: true });
    const end = (): void => {
      signal.removeEventListener("abort", end);
      socket.destroy();
      resolve(read(text));
    };
    if (signal.aborted) return end();
    signal.addEventListener("abort", end);
    socket.setEncoding("latin1");
    socket.once("connect", () => socket.write(`GET / HTTP/1.0\r\nHost: ${address}\r\n\r\n`));
    socket.on("data", (part: string) => {
      text += part;
      if (text.length > longest || both.test(text)) end();
    });
    socket.on("error", end);
    socket.once("close", end);
  });
}

const id = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const both = new RegExp(`\\r?\\n\\r?\\n(${id})\\s+([\\w.-]+/${id})\\s`);
const bootIdAlone = new RegExp(`\\r?\\n\\r?\\n(${id})\\s`);

/** The default guest tells its boot id, then its marker, a line each. */
function read(text: string): Answer {
  const [, bootId = null, marker = null] = both.exec(text) ?? bootIdAlone.exec(text) ?? [];
  return bootId === null ? silence : { ok: true, bootId, marker };
}
