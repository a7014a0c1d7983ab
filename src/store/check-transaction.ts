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
  for (const { key } of compares) checkKey(key);
  const written = new Set<string>();
  for (const write of writes) {
    checkKey(write.key);
    if (written.has(write.key)) throw new GantryError('INTERNAL', { detail: `two writes to the key ${write.key} in one transaction` });
    written.add(write.key);
    if (write.type === 'put') checkValue(write.key, write.value);
  }
}

function checkCount(count: number, what: string, limit: number): void {
  if (count > limit) throw new GantryError('STORE_TRANSACTION_TOO_LARGE', { count, what, limit });
}

function checkValue(key: string, value: string): void {
  if (!value.isWellFormed()) throw new GantryError('INTERNAL', { detail: `the value of ${key} has half a surrogate pair` });
  // Most values are far below the limit: three bytes a UTF-16 unit is the most that UTF-8 needs.
  if (value.length * 3 <= storeLimits.valueBytes) return;
  const bytes = Buffer.byteLength(value);
  if (bytes > storeLimits.valueBytes) throw new GantryError('STORE_VALUE_TOO_LARGE', { key, bytes, limit: storeLimits.valueBytes });
}

/** Keys are text whose UTF-8 order is the same everywhere; the last code point is kept for `prefixEnd`. */
function checkKey(key: string): void {
  if (key === '' || key.includes('\0') || key.includes(lastCodePoint) || !key.isWellFormed()) {
    throw new GantryError('INTERNAL', { detail: `${JSON.stringify(key)} cannot be a key of the store` });
  }
}
