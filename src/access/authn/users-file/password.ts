import { createHash, timingSafeEqual } from 'node:crypto';
import { fingerprinter } from '../../../base/index.ts';

/** The realm of Ganeti's RAPI; it is part of every hashed password. */
export const realm = 'Ganeti Remote API';

/** A password as the users file has it. */
export interface StoredPassword {
  readonly scheme: 'cleartext' | 'ha1';
  readonly value: string;
}

/** Reads `secret`, `{cleartext}secret` or `{HA1}md5`; undefined for a scheme that does not exist. */
export function parseStoredPassword(text: string): StoredPassword | undefined {
  if (!text.startsWith('{')) return { scheme: 'cleartext', value: text };
  const end = text.indexOf('}');
  const scheme = text.slice(1, end).toLowerCase();
  const value = text.slice(end + 1);
  if (scheme === 'cleartext') return { scheme, value };
  if (scheme === 'ha1' && /^[0-9a-f]{32}$/i.test(value)) return { scheme, value: value.toLowerCase() };
  return undefined;
}

const fingerprint = fingerprinter();

/** Equality in a time that does not depend on where the texts differ. */
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(fingerprint(left), fingerprint(right));
}

/** Ganeti's HA1: MD5 over user, realm and password, as in HTTP digest authentication. */
export function ha1(user: string, password: string): string {
  return createHash('md5').update(`${user}:${realm}:${password}`).digest('hex');
}

export function passwordFits(stored: StoredPassword, user: string, password: string): boolean {
  return sameText(stored.value, stored.scheme === 'ha1' ? ha1(user, password) : password);
}
