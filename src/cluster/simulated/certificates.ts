import "reflect-metadata";
import type { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate and its key, both PEM. */
export interface Credentials {
  certificate: string;
  key: string;
}

/** What a cluster's server and its one user identify themselves with, and the authority that vouches for both. */
export interface Certificates {
  authority: string;
  server: Credentials;
  client: Credentials;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validMs = 365 * 24 * 3600 * 1000;
/** Clocks of clients may be behind. */
const skewMs = 3600 * 1000;

/**
 * Makes an authority of its own for a cluster, with a certificate for its server at these hosts and one for an
 * administrator, as kubeadm does. The authority's key is not kept.
 */
export async function generateCertificates(hosts: readonly string[]): Promise<Certificates> {
  const keys = await newKeys();
  const name = "CN=rebound-simulated-cluster";
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    ...validity(),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  const issue = async (subject: string, usage: x509.ExtendedKeyUsage, more: x509.Extension[]): Promise<Credentials> => {
    const { publicKey, privateKey } = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: name,
      publicKey,
      signingKey: keys.privateKey,
      ...validity(),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ...more,
      ],
    });
    const key = await crypto.subtle.exportKey("pkcs8", privateKey);
    return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
  };

  const names = hosts.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }));
  return {
    authority: authority.toString("pem"),
    server: await issue("CN=kube-apiserver", x509.ExtendedKeyUsage.serverAuth, [
      new x509.SubjectAlternativeNameExtension(names),
    ]),
    client: await issue("O=system:masters, CN=kubernetes-admin", x509.ExtendedKeyUsage.clientAuth, []),
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - skewMs), notAfter: new Date(now + validMs) };
}
