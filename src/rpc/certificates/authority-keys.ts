import { createPrivateKey, createPublicKey, generateKeyPairSync, type webcrypto } from 'node:crypto';

/** ECDSA on P-256 with SHA-256: every key of a cluster. */
export const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new private key, PKCS #8 in PEM form. */
export function createKey(): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

/** Both halves of a PEM key in the form that WebCrypto signs with. */
export function cryptoKeys(keyPem: string): webcrypto.CryptoKeyPair {
  const key = createPrivateKey(keyPem);
  const privateKey = key.toCryptoKey(keyAlgorithm, true, ['sign']);
  return { privateKey, publicKey: createPublicKey(key).toCryptoKey(keyAlgorithm, true, ['verify']) };
}
