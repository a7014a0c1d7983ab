import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';

/**
 * The certificates in a folder, as the node agent keeps them: node.key and node.crt for serving; ca.crt, where clients are
 * to be known by a certificate of that authority; ca.crl with those of them that are revoked.
 * @throws the system's or OpenSSL's error when they cannot be read or do not fit, or what is wrong with a file
 */
export function readCertificates(directory: string): TlsOptions {
  const fileOf = (name: string) => join(directory, name);
  const read = (name: string) => readFileSync(fileOf(name), 'utf8');
  const key = read('node.key');
  forbidAll(fileOf('node.key'));
  const ca = unlessAbsent(() => read('ca.crt'));
  const crl = ca === undefined ? undefined : unlessAbsent(() => read('ca.crl'));
  const options = { key, cert: read('node.crt'), minVersion: 'TLSv1.2' as const, ...(ca && { ca }), ...(crl && { crl }) };
  // Loaded where there is TLS only.
  process.getBuiltinModule('node:tls').createSecureContext(options);
  return { ...options, requestCert: ca !== undefined, rejectUnauthorized: false, handshakeTimeout: 10_000 };
}

function unlessAbsent(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function forbidAll(file: string): void {
  if ((statSync(file).mode & 0o004) !== 0) throw new Error(`everybody may read ${file}`);
}

/** Shorter ones could be guessed. */
const shortest = 16;

/** One token a line. @throws the system's error, or what is wrong with the file */
export function readTokens(file: string): string[] {
  forbidAll(file);
  const tokens = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new Error('it contains no token');
  for (const token of tokens)
    if (!/^\S+$/.test(token) || token.length < shortest) throw new Error(`a token is shorter than ${shortest} characters, or has a space`);
  return tokens;
}
