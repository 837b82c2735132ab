import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiRequest, ApiResponse, ApiStream } from "../simulation.ts";

/** How to listen. */
export interface ListenOptions {
  /** 0, as without it, takes any that is free. */
  port?: number;
  /** A watcher that takes nothing for this long is dropped, in milliseconds of the real clock; ten seconds without it. */
  slowWatcherMs?: number;
}

/** An API server that listens. */
export interface Listening extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
}

/**
 * Serves a handler over HTTP on the loopback interface alone. A handler that rejects gets its client's
 * connection cut, as a server that is down would.
 */
export async function serve(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  { port = 0, slowWatcherMs = 10_000 }: ListenOptions = {},
): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(handle, request, response, slowWatcherMs).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  request: IncomingMessage,
  response: ServerResponse,
  slowWatcherMs: number,
): Promise<void> {
  const { status, headers, body } = await handle(await read(request));
  response.writeHead(status, headers);
  if (typeof body === "string") response.end(body);
  else stream(body, response, slowWatcherMs);
}

async function read(request: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return { method: request.method ?? "GET", path: request.url ?? "/", headers, ...(text !== "" && { body: text }) };
}

function stream(lines: ApiStream, response: ServerResponse, slowWatcherMs: number): void {
  // Clients wait for the headers before they count the watch as open.
  response.flushHeaders();
  const drop = () => response.destroy();
  let waiting = 0;
  let stalled: NodeJS.Timeout | undefined;
  const taken = () => {
    waiting--;
    if (stalled === undefined) return;
    clearTimeout(stalled);
    stalled = waiting > 0 ? setTimeout(drop, slowWatcherMs) : undefined;
  };
  response.on("close", () => {
    clearTimeout(stalled);
    stalled = undefined;
    lines.close();
  });
  lines.read(
    (text) => {
      waiting++;
      if (!response.write(text, taken)) stalled ??= setTimeout(drop, slowWatcherMs);
    },
    () => response.end(),
  );
}
