import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIPv6 } from "node:net";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import type { ApiRequest, ApiResponse, ApiStream } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import { jsonOfProtobuf, protobufType } from "./protobuf.ts";
import { contentType } from "./request.ts";
import { answer, statusOf } from "./wire.ts";

/** How to listen. */
export interface ListenOptions {
  /** The loopback interface unless said otherwise. */
  host?: string;
  /** 0, as without it, takes any that is free. */
  port?: number;
  /** Speak TLS, and answer only clients whose certificate this authority has signed; all PEM. */
  tls?: { certificate: string; key: string; clientAuthority: string };
  /** A watcher that takes nothing for this long is dropped, in milliseconds of the real clock; ten seconds without it. */
  slowWatcherMs?: number;
}

/** An API server that listens. */
export interface Listening extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
}

/** What may be sent at most, in bytes (apiserver: MaxRequestBodyBytes). */
const bodyLimit = 3 * 1024 * 1024;

/**
 * Serves a handler over HTTP. A handler that rejects with ECONNREFUSED gets its client's connection cut, as a
 * server that is down would; what else it rejects with is answered as an internal error.
 */
export async function serve(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  { host = "127.0.0.1", port = 0, tls, slowWatcherMs = 10_000 }: ListenOptions = {},
): Promise<Listening> {
  const server = create(tls, (request, response) => {
    respond(handle, request, slowWatcherMs, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://${isIPv6(address) ? `[${address}]` : address}:${taken}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function create(tls: ListenOptions["tls"], listener: RequestListener): Server {
  if (tls === undefined) return createServer(listener);
  const { certificate: cert, key, clientAuthority: ca } = tls;
  // A client without a certificate is told so in an answer rather than by a broken handshake.
  return createTlsServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, listener);
}

async function respond(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  request: IncomingMessage,
  slowWatcherMs: number,
  response: ServerResponse,
): Promise<void> {
  const { status, headers, body } = await answerTo(handle, request);
  response.writeHead(status, headers);
  if (typeof body === "string") response.end(body);
  else stream(body, response, slowWatcherMs);
}

async function answerTo(
  handle: (request: ApiRequest) => Promise<ApiResponse>,
  request: IncomingMessage,
): Promise<ApiResponse> {
  try {
    if (request.socket instanceof TLSSocket && !request.socket.authorized) {
      throw new StatusError(401, "Unauthorized", "Unauthorized");
    }
    return await handle(await read(request));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") throw error;
    const refusal =
      error instanceof StatusError
        ? error
        : new StatusError(500, "InternalError", `Internal error occurred: ${(error as Error).message}`);
    return answer(refusal.code, statusOf(refusal));
  }
}

async function read(request: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is still taken in, so that the client gets to read why.
    if (length <= bodyLimit) chunks.push(chunk);
  }
  if (length > bodyLimit) {
    throw new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bodyLimit}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  let text = Buffer.concat(chunks).toString("utf8");
  // Only here are there bytes: what handles requests reads text.
  if (contentType(headers) === protobufType && length > 0) {
    text = jsonOfProtobuf(Buffer.concat(chunks));
    headers["content-type"] = "application/json";
  }
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
