import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { parse } from "yaml";
import type { Served } from "./served.ts";

/** An answer as it came, and as JSON where it is some. */
export interface Answer {
  status: number;
  text: string;
  body: { kind?: string; reason?: string; message?: string; [field: string]: unknown };
}

export type Send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** Sends requests with what the kubeconfig holds, in the headers that Kubernetes' Go client sends. */
export async function clientOf({ kubeconfig }: Pick<Served, "kubeconfig">, identified = true): Promise<Send> {
  const { clusters, users } = parse(await readFile(kubeconfig, "utf8")) as {
    clusters: [{ cluster: Record<string, string> }];
    users: [{ user: Record<string, string> }];
  };
  const pem = (text: string | undefined) => Buffer.from(text!, "base64");
  const { cluster } = clusters[0];
  const { user } = users[0];
  const identity = { cert: pem(user["client-certificate-data"]), key: pem(user["client-key-data"]) };
  const options = { ca: pem(cluster["certificate-authority-data"]), ...(identified && identity) };
  return (method, path, body, headers = {}) =>
    new Promise((resolve, reject) => {
      const text = body === undefined || typeof body === "string" ? (body ?? "") : JSON.stringify(body);
      const length = { "content-length": String(Buffer.byteLength(text)) };
      const sent = request(
        new URL(path, cluster["server"]),
        { ...options, method, headers: { accept: "application/json, */*", ...(text !== "" && length), ...headers } },
        (response) => {
          let answered = "";
          response.setEncoding("utf8").on("data", (more: string) => (answered += more));
          response.on("error", reject).on("end", () => {
            const isJson = response.headers["content-type"]?.startsWith("application/json") === true;
            const body = isJson ? (JSON.parse(answered) as Answer["body"]) : {};
            resolve({ status: response.statusCode!, text: answered, body });
          });
        },
      );
      sent.on("error", reject);
      sent.end(text);
    });
}
