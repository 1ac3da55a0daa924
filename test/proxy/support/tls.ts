import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll } from "vitest";

/** A key and its certificate for localhost, 127.0.0.1, upstream.test and proxy.test, made for these tests. */
export const serverIdentity = {
  key: readFileSync(new URL("tls/key.pem", import.meta.url)),
  cert: readFileSync(new URL("tls/certificate.pem", import.meta.url), "utf8"),
};

/** Trusts that certificate while the tests of a file run, as NODE_EXTRA_CA_CERTS would. */
export function trustTestCertificate(): void {
  const before = getCACertificates("default");
  beforeAll(() => setDefaultCACertificates([...before, serverIdentity.cert]));
  afterAll(() => setDefaultCACertificates(before));
}
