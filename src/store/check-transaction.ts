import { GantryError } from '../base/index.ts';
import { lastCodePoint } from './prefix-end.ts';
import { storeLimits, type Transaction } from './store.ts';

/**
 * Holds a transaction to the limits of the port, the same for both adapters.
 * @throws STORE_TRANSACTION_TOO_LARGE, STORE_VALUE_TOO_LARGE; INTERNAL for a malformed or repeated key
 */
export function checkTransaction({ compares, writes }: Transaction): void {
  checkCount(writes.length, 'writes', storeLimits.writes);
  checkCount(compares.length, 'comparisons', storeLimits.compares);
  let bytes = 0;
  for (const { key } of compares) bytes += checkKey(key);
  const written = new Set<string>();
  for (const write of writes) {
    bytes += checkKey(write.key);
    if (written.has(write.key)) throw new GantryError('INTERNAL', { detail: `two writes to the key ${write.key} in one transaction` });
    written.add(write.key);
    if (write.type === 'put') bytes += checkValue(write.key, write.value);
  }
  checkCount(bytes, 'bytes', storeLimits.transactionBytes);
}

function checkCount(count: number, what: string, limit: number): void {
  if (count > limit) throw new GantryError('STORE_TRANSACTION_TOO_LARGE', { count, what, limit });
}

/** Returns its size in bytes. */
function checkValue(key: string, value: string): number {
  if (!value.isWellFormed()) throw new GantryError('INTERNAL', { detail: `the value of ${key} has half a surrogate pair` });
  const bytes = Buffer.byteLength(value);
  if (bytes > storeLimits.valueBytes) throw new GantryError('STORE_VALUE_TOO_LARGE', { key, bytes, limit: storeLimits.valueBytes });
  return bytes;
}

/** Keys are text whose UTF-8 order is the same everywhere; the last code point is kept for `prefixEnd`. Returns the size in bytes. */
function checkKey(key: string): number {
  if (key === '' || key.includes('\0') || key.includes(lastCodePoint) || !key.isWellFormed()) {
    throw new GantryError('INTERNAL', { detail: `${JSON.stringify(key)} cannot be a key of the store` });
  }
  return Buffer.byteLength(key);
}
