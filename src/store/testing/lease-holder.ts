import { writeSync } from 'node:fs';
import { openStore } from '../open-store.ts';

/** A program for tests to start with the URL of a store and a key, and to kill. */
export const leaseHolderPath = import.meta.filename;

/** Holds the key by a lease of an hour until it is killed, and says so. */
async function leaseHolder(url: string, key: string): Promise<void> {
  const store = await openStore(url);
  const lease = await store.grantLease(3600);
  await store.transact({ compares: [], writes: [{ type: 'put', key, value: String(process.pid), leaseId: lease.id }] });
  writeSync(1, 'held\n');
  setInterval(() => undefined, 1000);
}

if (import.meta.main) await leaseHolder(process.argv[2] ?? '', process.argv[3] ?? '');
