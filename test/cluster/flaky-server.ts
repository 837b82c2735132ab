import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { KubeObject } from "../../src/kube/objects.ts";

/** A request as it arrived. */
export interface Seen {
  method: string;
  url: URL;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/**
 * A small API server for pods that can be made to misbehave in every way that a client of a real one meets.
 * It answers on loopback with real sockets.
 */
export class FlakyServer {
  readonly seen: Seen[] = [];
  connections = 0;
  /** Answers in place of the usual one; returns whether it did. */
  answer: (seen: Seen, response: http.ServerResponse) => boolean = () => false;
  /** What a new stream does: serves, closes at once, never sends headers. */
  streamMode: "serve" | "close" | "withhold" = "serve";
  #server: http.Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<http.ServerResponse>();
  readonly #objects = new Map<string, KubeObject>();
  readonly #history: { version: number; line: string }[] = [];
  #version = 100;
  #oldest = 100;
  #silent = false;
  #port = 0;

  constructor() {
    this.#server = this.#create();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Requests that asked for a stream. */
  get watches(): Seen[] {
    return this.seen.filter(({ url }) => url.searchParams.get("watch") === "true");
  }

  async start(): Promise<this> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Comes back on the same port, its history as it was. */
  async restart(): Promise<void> {
    this.#server = this.#create();
    await this.start();
  }

  put(name: string, uid: string): void {
    this.#version++;
    const known = this.#objects.has(name);
    const metadata = { name, namespace: "lab", uid, resourceVersion: String(this.#version), creationTimestamp: "" };
    const object: KubeObject = { apiVersion: "v1", kind: "Pod", metadata };
    this.#objects.set(name, object);
    this.#tell(known ? "MODIFIED" : "ADDED", object);
  }

  remove(name: string): void {
    const object = this.#objects.get(name)!;
    this.#objects.delete(name);
    this.#version++;
    this.#tell("DELETED", { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  bookmark(): void {
    const object = { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: String(this.#version) } };
    this.sendRaw(JSON.stringify({ type: "BOOKMARK", object }) + "\n");
  }

  /** Forgets what came before: a watch from there is answered 410 Gone. */
  forgetHistory(): void {
    this.#oldest = this.#version;
  }

  /** Streams stay open and say nothing more; later ones work. */
  silenceStreams(): void {
    this.#silent = true;
  }

  speakAgain(): void {
    this.#silent = false;
    this.#streams.clear();
  }

  endStreams(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  breakStreams(): void {
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  sendRaw(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  #create(): http.Server {
    const server = http.createServer((request, response) => void this.#serve(request, response));
    server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const seen = { method: request.method!, url: new URL(request.url!, this.url), headers: request.headers, body };
    this.seen.push(seen);
    if (this.answer(seen, response)) return;
    if (seen.url.searchParams.get("watch") === "true") this.#watch(seen, response);
    else this.#list(response);
  }

  #list(response: http.ServerResponse): void {
    const items = [...this.#objects.values()].map(({ metadata }) => ({ metadata }));
    respond(response, 200, { kind: "PodList", metadata: { resourceVersion: String(this.#version) }, items });
  }

  #watch({ url }: Seen, response: http.ServerResponse): void {
    if (this.streamMode === "withhold") return;
    const from = Number(url.searchParams.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (this.streamMode === "close") return void response.end();
    if (from < this.#oldest) {
      const status = { kind: "Status", code: 410, reason: "Expired", message: `too old resource version: ${from}` };
      return void response.end(JSON.stringify({ type: "ERROR", object: status }) + "\n");
    }
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
    for (const { version, line } of this.#history) if (version > from) response.write(line);
  }

  #tell(type: string, object: KubeObject): void {
    const line = JSON.stringify({ type, object }) + "\n";
    this.#history.push({ version: this.#version, line });
    if (!this.#silent) this.sendRaw(line);
  }
}

export function respond(response: http.ServerResponse, code: number, body: unknown): true {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
  return true;
}
