import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLeaseFile, leaseFileExpiry, monotonicMs, prolongLeaseFile, removeLeaseFile } from './lease-file.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();

test('a lease is prolonged from now on, but not when it has run out or was ended', () => {
  const file = join(directory, 'lease');
  createLeaseFile(file, 5000);
  const near = (expiry: number | undefined, ms: number) => assert(Math.abs((expiry ?? 0) - monotonicMs() - ms) < 1000);
  near(leaseFileExpiry(file), 5000);
  assert.equal(prolongLeaseFile(file, 60_000), true);
  near(leaseFileExpiry(file), 60_000);
  const past = (monotonicMs() - 1) / 1000;
  utimesSync(file, past, past);
  assert.equal(prolongLeaseFile(file, 60_000), false);
  assert((leaseFileExpiry(file) ?? Infinity) <= monotonicMs());
  removeLeaseFile(file);
  removeLeaseFile(file);
  assert.equal(leaseFileExpiry(file), undefined);
  assert.equal(prolongLeaseFile(file, 60_000), false);
});
