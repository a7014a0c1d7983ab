import assert from 'node:assert/strict';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { run } from '../../../base/index.ts';
import { diskPathOf } from '../../testing/disk-path-of.ts';
import { capabilityOf } from '../capability-of.ts';
import { handlerContext, refOf, withCode } from '../hypervisor-conformance.ts';
import type { StartRequest } from '../start-request.ts';
import { createKvmHarness, type KvmHarness, newRequest } from './kvm-test-harness.ts';
import { writingGuest } from './test-guests.ts';

let harness: KvmHarness;
before(async () => {
  harness = await createKvmHarness();
});
after(() => harness.dispose());

/** A guest whose disk lies where there is less room than it fills. */
async function fillingGuest(work: (request: StartRequest, folder: string) => Promise<void>): Promise<void> {
  const folder = join(harness.directory, 'small');
  await mkdir(folder);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=711', 'none', folder]);
  try {
    const request = newRequest(join(folder, 'disk.raw'));
    const path = diskPathOf(request);
    await writeFile(path, writingGuest());
    await truncate(path, 64 * 1024 * 1024);
    await harness.source.start(request, handlerContext());
    await rowWhen(request, ({ problem }) => problem !== undefined);
    await work(request, folder);
    await harness.source.stop(refOf(request), 0, handlerContext());
  } finally {
    await run('umount', ['-l', folder]);
    await rm(folder, { recursive: true });
  }
}

type Row = Awaited<ReturnType<KvmHarness['source']['list']>>[number];

const rowWhen = (request: StartRequest, holds: (row: Row) => boolean): Promise<Row> =>
  until('the instance is as it should be', async () => {
    const row = (await harness.source.list()).find(({ uuid }) => uuid === request.spec.uuid);
    return row && holds(row) ? row : undefined;
  });

const makeRoom = (folder: string) => run('mount', ['-o', 'remount,size=128m', folder]);

describe('a guest whose disk has no room', () => {
  it('is told of with the reason, and goes on by itself when there is room', () =>
    fillingGuest(async (request, folder) => {
      const row = await rowWhen(request, () => true);
      assert.equal(row.state, 'paused');
      assert.equal(row.problem, `disk 0 could not be written: no space left in ${folder}`);
      await harness.source.tend?.();
      assert.equal((await rowWhen(request, () => true)).state, 'paused');
      await makeRoom(folder);
      await harness.source.tend?.();
      assert.deepEqual(
        [await rowWhen(request, () => true)].map(({ state, problem }) => [state, problem]),
        [['running', undefined]],
      );
    }));

  it('goes on when it is told to, or started, and says what is wrong until it can', () =>
    fillingGuest(async (request, folder) => {
      await assert.rejects(capabilityOf(harness.source, 'resume')(refOf(request)), withCode('HYPERVISOR_STALLED'));
      await assert.rejects(harness.source.start(request, handlerContext()), withCode('HYPERVISOR_STALLED'));
      assert.equal((await rowWhen(request, () => true)).state, 'paused');
      await makeRoom(folder);
      assert.deepEqual(await harness.source.start(request, handlerContext()), { changed: true });
      assert.equal((await rowWhen(request, () => true)).state, 'running');
      assert.deepEqual(await capabilityOf(harness.source, 'resume')(refOf(request)), { changed: false });
    }));
});
