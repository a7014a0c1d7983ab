import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';

/**
 * The certificates of a node, as its agent keeps them, for serving and for knowing clients by theirs.
 * @throws the system's or OpenSSL's error when they cannot be read or do not fit
 */
export function readCertificates(directory: string): TlsOptions {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const options = {
    key: read('node.key'),
    cert: read('node.crt'),
    ca: read('ca.crt'),
    crl: read('ca.crl'),
    minVersion: 'TLSv1.2' as const,
  };
  // Loaded where there is TLS only.
  process.getBuiltinModule('node:tls').createSecureContext(options);
  return { ...options, requestCert: true, rejectUnauthorized: false, handshakeTimeout: 10_000 };
}

/** Shorter ones could be guessed. */
const shortest = 16;

/** One token a line. @throws the system's error, or what is wrong with the file */
export function readTokens(file: string): string[] {
  if ((statSync(file).mode & 0o004) !== 0) throw new Error('everybody may read it');
  const tokens = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new Error('there is no token in it');
  for (const token of tokens)
    if (!/^\S+$/.test(token) || token.length < shortest) throw new Error(`a token is shorter than ${shortest} characters, or has a space`);
  return tokens;
}
