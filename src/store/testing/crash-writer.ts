import { writeSync } from 'node:fs';
import { openStore } from '../open-store.ts';

/*
 * Started by the conformance suite with the URL of a store: writes transactions of three keys without end, eight at a
 * time, and prints the number of each one as soon as it is acknowledged. Made to be killed.
 */
const store = await openStore(process.argv[2] ?? '');
let next = 0;

async function writeOn(): Promise<void> {
  for (;;) {
    const number = next++;
    const value = String(number).padStart(2000, '.');
    const keys = ['a', 'b', 'c'].map((part) => `/crash/${number}/${part}`);
    const outcome = await store.transact({
      compares: keys.map((key) => ({ key, modRevision: 0 })),
      writes: keys.map((key) => ({ type: 'put', key, value })),
    });
    if (outcome.committed) writeSync(1, `${number}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, writeOn));
