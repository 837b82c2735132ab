import { stringify } from "yaml";
import type { Credentials } from "./certificates.ts";

/** Cluster, user and context all bear this name, so that it is seen everywhere that this is no real cluster. */
export const simulatedContext = "rebound-simulated";

/** What a client needs to reach a cluster, as kubectl reads it. */
export function kubeconfig(server: string, authority: string, client: Credentials): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const name = simulatedContext;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server, "certificate-authority-data": base64(authority) } }],
    users: [
      {
        name,
        user: { "client-certificate-data": base64(client.certificate), "client-key-data": base64(client.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
