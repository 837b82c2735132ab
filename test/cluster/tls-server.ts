import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

/** Certificate and key of an API server on loopback, made for these tests and used nowhere else; valid for a century. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBoTCCAUegAwIBAgIUZn/99Q7JJv5FzUl0pSJ5eQr6+ecwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLYXBpLmV4YW1wbGUwIBcNMjYxMTIyMTYwODExWhgPMjEyNjEw
MjkxNjA4MTFaMBYxFDASBgNVBAMMC2FwaS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAE4SNN6sMJELtT6QX0TGU0nZaKyjJPbJ8W14sO4x9Ucdym5cR7
6C5+5kWRAStrvRMo90X9VQfVt4jg0AAqus8mSaNxMG8wHQYDVR0OBBYEFIZTl3is
ymhbtJ7o37IAa5YruA2WMB8GA1UdIwQYMBaAFIZTl3isymhbtJ7o37IAa5YruA2W
MA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0RBBUwE4ILYXBpLmV4YW1wbGWHBH8AAAEw
CgYIKoZIzj0EAwIDSAAwRQIgFP8/3z2jESk0EtWsQeKostG6PsDqHW+PTSd272eH
RbsCIQCzDgCK2e+tDqxr+1keng/dZx7ObLdnm4DX0K7bpDTSJg==
-----END CERTIFICATE-----
`;

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2HgfHRObYgaPMGL8
XV/PjzAje4ycCuO4KTOEc2Ct4hmhRANCAAThI03qwwkQu1PpBfRMZTSdlorKMk9s
nxbXiw7jH1Rx3KblxHvoLn7mRZEBK2u9Eyj3Rf1VB9W3iODQACq6zyZJ
-----END PRIVATE KEY-----
`;

/** A server that answers who asked, and counts how often hands were shaken. */
export async function startTlsServer(): Promise<{ url: string; handshakes: () => number } & Disposable> {
  let handshakes = 0;
  const server = https.createServer({ key, cert: certificate }, (request, response) => {
    const { servername } = request.socket as TLSSocket & { servername: string | false };
    response.end(JSON.stringify({ authorization: request.headers.authorization, servername }));
  });
  server.on("secureConnection", () => handshakes++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    handshakes: () => handshakes,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
