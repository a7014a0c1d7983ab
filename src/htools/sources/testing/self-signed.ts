import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const lifetime = 86_400_000;

/** PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A new key and a certificate that it signed itself, as clusters have them: for a name that is no host's. */
export async function selfSigned(): Promise<KeyAndCertificate> {
  const { keys, certificate } = await newAuthority('CN=ganeti.example.com');
  return { key: await keyText(keys), cert: certificate.toString('pem') };
}

/** An authority, and a certificate that it signed for the host of a name. */
export async function signedFor(host: string): Promise<KeyAndCertificate & { readonly authority: string }> {
  const issuer = await newAuthority('CN=An Authority', [new BasicConstraintsExtension(true)]);
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create(
    {
      subject: 'CN=a server',
      issuer: issuer.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: issuer.keys.privateKey,
      signingAlgorithm: algorithm,
      notAfter: new Date(Date.now() + lifetime),
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
    },
    webcrypto as unknown as Crypto,
  );
  return { key: await keyText(keys), cert: certificate.toString('pem'), authority: issuer.certificate.toString('pem') };
}

const newKeys = async () => (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

async function newAuthority(
  name: string,
  extensions: Extension[] = [],
): Promise<{ keys: webcrypto.CryptoKeyPair; certificate: X509Certificate }> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name, keys, signingAlgorithm: algorithm, notAfter: new Date(Date.now() + lifetime), extensions },
    webcrypto as unknown as Crypto,
  );
  return { keys, certificate };
}

async function keyText({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;
}
