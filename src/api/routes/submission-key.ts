import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import type { Once } from '../../jobs/index.ts';
import type { ApiRequest } from './route.ts';

const header = 'idempotency-key';
const pattern = /^[!-~]{1,255}$/;

/** The header by which a client may send a submission again; for the description of the API. */
export const submissionHeaders = Type.Object({
  [header]: Type.Optional(
    Type.String({ description: 'Drawn for each submission and sent again with it: the same key makes one job only (kept for a day)' }),
  ),
});

/** @throws API_REQUEST_INVALID */
export function submissionKey({ headers }: Pick<ApiRequest, 'headers'>): string | undefined {
  const key = headers[header];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && pattern.test(key)) return key;
  throw new GantryError('API_REQUEST_INVALID', { problem: 'Idempotency-Key must be 1 to 255 visible ASCII characters' });
}

/** Parameters whose values may be secret: of them only the names count. */
const secretive = new Set(['osparams', 'osparams_private', 'osparams_secret', 'osparams_private_cluster']);

/** The key of a submission with a fingerprint of what it asks for; times and secrets do not count. */
export function onceOf(key: string, ops: readonly object[], reasons: readonly string[]): Once {
  const text = JSON.stringify([ops, reasons], (name, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if (secretive.has(name)) return memberNames(value);
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
  return { key, fingerprint: createHash('sha256').update(text).digest('hex') };
}

function memberNames(value: object): unknown {
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, member]) => (typeof member === 'object' && member !== null ? [name, memberNames(member)] : name));
}
