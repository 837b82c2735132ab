import type { HttpLibrary } from "@kubernetes/client-node";
import type { Clock } from "../clock/clock.ts";
import { withDeadline } from "../clock/deadline.ts";
import type { Transport } from "./transport.ts";

type ClientNode = typeof import("@kubernetes/client-node");

/**
 * Puts client-node on our transport: its own HTTP opens a connection for every request, has no time limit and
 * ignores signals. Every request here, its answer's body included, has `deadlineMs` of the clock.
 */
export function httpLibrary(client: ClientNode, transport: Transport, clock: Clock, deadlineMs: number): HttpLibrary {
  return client.wrapHttpLibrary({
    send: async (context) => {
      const url = new URL(context.getUrl());
      const method = context.getHttpMethod();
      const path = url.pathname + url.search;
      const body = context.getBody();
      const [response, text] = await withDeadline(
        clock,
        deadlineMs,
        async (signal) => {
          const answer = await transport.send({
            method,
            path,
            headers: context.getHeaders(),
            ...(body !== undefined && { body: String(body) }),
            signal,
          });
          return [answer, await answer.text()] as const;
        },
        `the API server's answer to ${method} ${path}`,
        context.getSignal(),
      );
      const decoded = new client.SelfDecodingBody(Promise.resolve(Buffer.from(text)));
      return new client.ResponseContext(response.status, response.headers, decoded);
    },
  });
}
