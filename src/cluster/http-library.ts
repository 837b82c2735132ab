import type * as clientNode from "@kubernetes/client-node";
import type { Clock } from "../clock/clock.ts";
import { withDeadline } from "../clock/deadline.ts";
import type { Transport } from "./transport.ts";

/**
 * Puts client-node on our transport: its own HTTP opens a connection for every request, has no time limit and
 * ignores signals. Every request here, its answer's body included, has `deadlineMs` of the clock.
 */
export function httpLibrary(
  client: typeof clientNode,
  transport: Transport,
  clock: Clock,
  deadlineMs: number,
): clientNode.HttpLibrary {
  return client.wrapHttpLibrary({
    send: async (context) => {
      const url = new URL(context.getUrl());
      const method = context.getHttpMethod();
      const path = url.pathname + url.search;
      const body = context.getBody();
      if (body !== undefined && typeof body !== "string") throw new TypeError("an API server is sent text only");
      const [response, text] = await withDeadline(
        clock,
        deadlineMs,
        async (signal) => {
          const answer = await transport.send({
            method,
            path,
            headers: context.getHeaders(),
            ...(body !== undefined && { body }),
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
