import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { networkTransport } from "../../src/cluster/network-transport.ts";
import { kubeConfigFor } from "./client-of.ts";

describe("the network transport over TLS", () => {
  let folder: string;
  let server: https.Server;
  let url: string;
  let certificate: string;
  let handshakes = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rebound-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=api", "-addext", "subjectAltName=DNS:api.example,IP:127.0.0.1"];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    certificate = readFileSync(cert, "utf8");
    server = https.createServer({ key: readFileSync(key), cert: certificate }, (request, response) => {
      const { servername } = request.socket as TLSSocket & { servername: string | false };
      response.end(JSON.stringify({ token: request.headers.authorization, servername }));
    });
    server.on("secureConnection", () => handshakes++);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (cluster: Record<string, unknown>, times = 1): Promise<unknown> => {
    const transport = networkTransport(kubeConfigFor(url, cluster));
    let text = "";
    for (let i = 0; i < times; i++) text = await (await transport.send({ method: "GET", path: "/version" })).text();
    await transport[Symbol.asyncDispose]();
    return JSON.parse(text);
  };

  it("trusts the CA of the kubeconfig, sends its token, and shakes hands once", async () => {
    handshakes = 0;
    const caData = Buffer.from(certificate).toString("base64");
    assert.deepEqual(await ask({ caData }, 20), { token: "Bearer sesame", servername: false });
    assert.equal(handshakes, 1);
  });

  it("names the server as the kubeconfig says", async () => {
    const caData = Buffer.from(certificate).toString("base64");
    const answer = await ask({ caData, tlsServerName: "api.example" });
    assert.deepEqual(answer, { token: "Bearer sesame", servername: "api.example" });
  });

  it("trusts nobody else, unless told to", async () => {
    await assert.rejects(ask({}), /self-signed certificate/);
    assert.deepEqual(await ask({ skipTLSVerify: true }), { token: "Bearer sesame", servername: false });
  });
});
