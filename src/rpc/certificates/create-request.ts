import { createKey, cryptoKeys, keyAlgorithm } from './authority-keys.ts';
import * as x509 from './x509.ts';

/** A certificate request (PKCS #10, PEM) for an existing key; the name in it is only for people. */
export async function createRequest(key: string, name: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name.slice(0, 64)] }],
    keys: cryptoKeys(key),
    signingAlgorithm: keyAlgorithm,
  });
  return `${request.toString('pem')}\n`;
}

/** A new key and a request for it, both in PEM form. */
export async function createKeyAndRequest(name: string): Promise<{ key: string; csr: string }> {
  const key = createKey();
  return { key, csr: await createRequest(key, name) };
}
