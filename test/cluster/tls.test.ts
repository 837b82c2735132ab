import assert from "node:assert/strict";
import { networkTransport } from "../../src/cluster/network-transport.ts";
import { kubeConfigFor } from "./client-of.ts";
import { certificate, startTlsServer } from "./tls-server.ts";

const caData = Buffer.from(certificate).toString("base64");

/** Asks so many times over one transport; the last answer. */
async function ask(url: string, cluster: Record<string, unknown>, times = 1): Promise<unknown> {
  const transport = networkTransport(kubeConfigFor(url, cluster));
  let text = "";
  for (let i = 0; i < times; i++) text = await (await transport.send({ method: "GET", path: "/version" })).text();
  await transport[Symbol.asyncDispose]();
  return JSON.parse(text);
}

describe("the network transport over TLS", () => {
  let server: Awaited<ReturnType<typeof startTlsServer>>;
  beforeEach(async () => (server = await startTlsServer()));
  afterEach(() => server[Symbol.dispose]());

  it("trusts the CA of the kubeconfig, sends its token, and shakes hands once", async () => {
    const answer = await ask(server.url, { caData }, 20);
    assert.deepEqual(answer, { authorization: "Bearer sesame", servername: false });
    assert.equal(server.handshakes(), 1);
  });

  it("names the server as the kubeconfig says", async () => {
    const answer = await ask(server.url, { caData, tlsServerName: "api.example" });
    assert.deepEqual(answer, { authorization: "Bearer sesame", servername: "api.example" });
  });

  it("trusts nobody else, unless told to", async () => {
    await assert.rejects(ask(server.url, {}), /self-signed certificate/);
    const answer = await ask(server.url, { skipTLSVerify: true });
    assert.deepEqual(answer, { authorization: "Bearer sesame", servername: false });
  });
});
