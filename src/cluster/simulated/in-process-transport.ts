import { abortion } from "../../clock/deadline.ts";
import type { ApiRequest, ApiResponse, ApiStream } from "../../simulator/simulation.ts";
import type { HttpRequest, HttpResponse, Transport } from "../transport.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** The handler that also answers over HTTP. */
export type Handle = (request: ApiRequest) => Promise<ApiResponse>;

/** Requests as calls: the same bytes as over HTTP, and the virtual clock knows what is under way. */
export function inProcessTransport(handle: Handle, clock: VirtualClock): Transport {
  const open = new Set<OpenStream>();

  const send = async ({ method, path, headers = {}, body, signal }: HttpRequest): Promise<HttpResponse> => {
    signal?.throwIfAborted();
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const answer = handle({
      method,
      path,
      headers: Object.fromEntries(lowerCase),
      ...(body !== undefined && { body }),
    });
    // An answer that comes after the client went away is nobody's.
    const abandon = (): void => void answer.then(closeBody, () => undefined);
    signal?.addEventListener("abort", abandon, { once: true });
    const response = await clock.answer(signal === undefined ? answer : Promise.race([answer, abortion(signal)]));
    signal?.removeEventListener("abort", abandon);
    const lines = (line: (text: string) => void): Promise<void> => readLines(response.body, line, clock, open, signal);
    return { status: response.status, headers: response.headers, text: () => readText(response.body, lines), lines };
  };

  return {
    send,
    [Symbol.asyncDispose]: () => {
      for (const stream of open) stream.fail(new Error("the simulated cluster was closed"));
      return Promise.resolve();
    },
  };
}

interface OpenStream {
  fail(error: Error): void;
}

function closeBody({ body }: ApiResponse): void {
  if (typeof body !== "string") body.close();
}

async function readText(
  body: string | ApiStream,
  lines: (line: (text: string) => void) => Promise<void>,
): Promise<string> {
  if (typeof body === "string") return body;
  let text = "";
  await lines((line) => (text += line + "\n"));
  return text;
}

async function readLines(
  body: string | ApiStream,
  line: (text: string) => void,
  clock: VirtualClock,
  open: Set<OpenStream>,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  if (typeof body === "string") {
    for (const text of body.split("\n").slice(0, -1)) line(text);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const stream: OpenStream = {
      fail: (error) => {
        if (!close()) return;
        body.close();
        reject(error);
      },
    };
    const abort = (): void => stream.fail(signal!.reason as Error);
    const close = (): boolean => {
      signal?.removeEventListener("abort", abort);
      return open.delete(stream);
    };
    open.add(stream);
    signal?.addEventListener("abort", abort, { once: true });
    body.read(
      (text) => {
        if (!open.has(stream)) return;
        clock.notice();
        try {
          line(text.replace(/\n$/, ""));
        } catch (error) {
          stream.fail(error as Error);
        }
      },
      () => {
        clock.notice();
        if (close()) resolve();
      },
    );
  });
}
