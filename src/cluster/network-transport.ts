import type { KubeConfig } from "@kubernetes/client-node";
import http from "node:http";
import https from "node:https";
import { EnvironmentError, messageOf } from "../errors.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

/** TCP keep-alive begins after this much silence, so that a peer that lost its power is noticed (milliseconds). */
const keepAliveMs = 5_000;

/**
 * Requests over node's own HTTP client with connections that are kept: client-node's would open one for every
 * request. Where the server is, and how to authenticate, is the KubeConfig's business. What the network does not let
 * through is an EnvironmentError that names the server; a stream of lines breaks as it breaks.
 */
export function networkTransport(config: KubeConfig): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new EnvironmentError("the kubeconfig's current context names no cluster");
  const server = new URL(cluster.server);
  const prefix = server.pathname.replace(/\/$/, "");
  const secure = server.protocol === "https:";
  const agent = new (secure ? https : http).Agent({ keepAlive: true, keepAliveMsecs: keepAliveMs });

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    // Anew for each request: tokens of exec plugins expire.
    const options: https.RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    if (!cluster.proxyUrl) options.agent = agent;
    Object.assign(options, {
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port === "" ? (secure ? 443 : 80) : Number(server.port),
      method: request.method,
      path: prefix + request.path,
      headers: {
        "User-Agent": "rebound",
        ...(options.headers as Record<string, string> | undefined),
        ...request.headers,
      },
    });
    const unreached = (error: unknown): never => {
      throw request.signal?.aborted ? request.signal.reason : whyUnreached(config, request, error);
    };
    const response = await exchange(secure, options, request).catch(unreached);
    return { ...response, text: () => response.text().catch(unreached) };
  };

  return {
    send,
    [Symbol.asyncDispose]: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function whyUnreached(config: KubeConfig, { method, path }: HttpRequest, error: unknown): EnvironmentError {
  const context = config.getCurrentContext();
  return new EnvironmentError(
    `the API server of context ${context} (${config.getCurrentCluster()?.server}) does not answer ${method} ${path}: ` +
      `${messageOf(error)}; see whether it runs, and whether this machine reaches it ` +
      `(\`kubectl --context ${context} get --raw /readyz\`)`,
    { cause: error },
  );
}

async function exchange(secure: boolean, options: https.RequestOptions, request: HttpRequest): Promise<HttpResponse> {
  request.signal?.throwIfAborted();
  const outgoing = (secure ? https : http).request(options);
  const abort = (): void => void outgoing.destroy(request.signal!.reason as Error);
  request.signal?.addEventListener("abort", abort, { once: true });
  outgoing.once("close", () => request.signal?.removeEventListener("abort", abort));
  outgoing.once("socket", (socket) => socket.setKeepAlive(true, keepAliveMs));
  try {
    const incoming = await new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.once("response", resolve);
      outgoing.end(request.body);
    });
    return {
      status: incoming.statusCode!,
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      text: () => readText(incoming, request.signal),
      lines: (line) => readLines(incoming, line, request.signal),
    };
  } catch (error) {
    // The server may close a kept connection just as it is used again; nothing of the request was answered then.
    if (request.method === "GET" && outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === "ECONNRESET") {
      return exchange(secure, options, request);
    }
    throw error;
  }
}

async function readText(incoming: http.IncomingMessage, signal?: AbortSignal): Promise<string> {
  let text = "";
  await read(incoming, (chunk) => (text += chunk), signal);
  return text;
}

function readLines(incoming: http.IncomingMessage, line: (text: string) => void, signal?: AbortSignal): Promise<void> {
  let rest = "";
  return read(
    incoming,
    (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      for (const part of parts) line(part);
    },
    signal,
  );
}

function read(incoming: http.IncomingMessage, take: (chunk: string) => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(signal?.aborted ? (signal.reason as Error) : error);
      incoming.destroy();
    };
    if (signal?.aborted) return fail(signal.reason as Error);
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => {
      try {
        take(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    incoming.once("end", resolve);
    incoming.once("error", fail);
    incoming.once("close", () => fail(new Error("the connection was closed in the middle of the answer")));
  });
}
