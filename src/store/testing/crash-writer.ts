import { writeSync } from 'node:fs';
import { openStore } from '../open-store.ts';

/** A program for the conformance suite to start with the URL of a store, and to kill. */
export const crashWriterPath = import.meta.filename;

/** Writes transactions of three keys without end, eight at a time, and prints the number of each when it is acknowledged. */
async function crashWriter(url: string): Promise<void> {
  const store = await openStore(url);
  let next = 0;
  const writeOn = async () => {
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
  };
  await Promise.all(Array.from({ length: 8 }, writeOn));
}

if (import.meta.main) await crashWriter(process.argv[2] ?? '');
