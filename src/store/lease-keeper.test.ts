import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../test/support/until.ts';
import { type Log, silentLog } from '../base/index.ts';
import { createLeaseFile, leaseFileExpiry, monotonicMs, removeLeaseFile } from './lease-file.ts';
import { type LeaseKeeper, startLeaseKeeper } from './lease-keeper.ts';
import type { RemoteLease } from './store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const directory = await temporaryDirectory();
let files = 0;

/** A keeper of a lease in a file that has a minute left; what it tells is written down. */
function rig(context: { after(body: () => Promise<void>): void }, ttlMs: number, more: { hungMs?: number; lease?: RemoteLease } = {}) {
  const file = join(directory, `lease-${files++}`);
  createLeaseFile(file, 60_000);
  const told: [unknown, string][] = [];
  const log = Object.assign(Object.create(silentLog) as Log, { warn: (facts: unknown, text: string) => void told.push([facts, text]) });
  const { hungMs, lease = { type: 'sqlite', file, ttlMs } } = more;
  const keeper: LeaseKeeper = startLeaseKeeper(lease, { ttlMs, log, ...(hungMs !== undefined && { hungMs }) });
  context.after(() => keeper.close());
  return { file, keeper, told, left: () => (leaseFileExpiry(file) ?? 0) - monotonicMs() };
}

const prolonged = ({ keeper }: { keeper: LeaseKeeper }) => until('the thread has prolonged the lease', () => keeper.ageMs() < Infinity);

test('a thread prolongs the lease as long as the main thread shows signs of life, and the age tells when it did so last', async (context) => {
  const made = rig(context, 600, { hungMs: 1200 });
  assert.equal(made.keeper.ageMs(), Infinity);
  await prolonged(made);
  assert.ok(made.left() <= 600, 'by its time, from now on');
  await sleep(1900);
  assert.ok(made.left() > 0, `${made.left()} ms are left`);
  assert.ok(made.keeper.ageMs() < 600, `it was prolonged ${made.keeper.ageMs()} ms ago`);
  assert.deepEqual(made.told, []);
  await made.keeper.close();
  const age = made.keeper.ageMs();
  await sleep(300);
  assert.ok(made.keeper.ageMs() >= age + 250, 'after its end it prolongs nothing');
});

test('a main thread that hangs loses its lease after a while, not at once', async (context) => {
  const [patient, strict] = [rig(context, 600), rig(context, 600, { hungMs: 200 })];
  await Promise.all([prolonged(patient), prolonged(strict)]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
  const [long, short] = [patient.left(), strict.left()];
  assert.ok(long > 0, 'a minute is the limit unless another one is given');
  assert.ok(short <= 0, `${short} ms are left`);
});

test('a lease that has ended is left alone', async (context) => {
  const made = rig(context, 300);
  await prolonged(made);
  removeLeaseFile(made.file);
  await sleep(400);
  createLeaseFile(made.file, 50);
  await sleep(400);
  assert.ok(made.left() < 0, 'the thread is gone');
  assert.deepEqual(made.told, []);
});

test('what keeps a lease from being prolonged is told, and it is tried again', async (context) => {
  const file = join(directory, 'x'.repeat(300));
  const made = rig(context, 300, { lease: { type: 'sqlite', file, ttlMs: 300 } });
  await until('it is told twice', () => made.told.length > 1);
  const [[facts, text] = []] = made.told;
  assert.equal(text, 'the leadership could not be prolonged');
  assert.match(String((facts as { problem: string }).problem), /^ENAMETOOLONG/);
  assert.equal(made.keeper.ageMs(), Infinity);
});

test('a thread that fails is told of', async (context) => {
  const tls = { ca: '/no/such/file.pem' };
  const made = rig(context, 300, { lease: { type: 'etcd', id: '1', options: { hosts: ['localhost:1'], prefix: '/x', tls } } });
  await until('it is told', () => made.told.length > 0);
  assert.equal(made.told[0]?.[1], 'the thread that prolongs the leadership failed');
});
