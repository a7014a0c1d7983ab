import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/base/index.ts';
import { keys } from '../../src/model/index.ts';
import { openStore } from '../../src/store/index.ts';
import { initCluster, type RealMaster, startRealMaster } from '../support/real-master.ts';
import { until } from '../support/until.ts';

const leaseSeconds = 6;
const lease = ['--lease', String(leaseSeconds)];
const delay = { OP_ID: 'OP_TEST_DELAY', duration: 0 };

/** A master on a folder of its own, which is a small file system if `megabytes` is given. */
async function withMaster(body: (master: RealMaster, dir: string) => Promise<void>, megabytes?: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-survival-'));
  if (megabytes) await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'gantry-small', dir]);
  try {
    await initCluster(dir);
    const master = await startRealMaster(dir, ...lease);
    try {
      await body(master, dir);
    } finally {
      await master.stop();
    }
  } finally {
    if (megabytes) await run('umount', [dir]);
    await rm(dir, { recursive: true, force: true });
  }
}

const submit = (master: RealMaster) => master.ask('POST', '/2/jobs', { ops: [delay] });

test('a full disk: changes are refused with the reason, answers go on, and all is well when there is room again', () =>
  withMaster(async (master, dir) => {
    const first = await submit(master);
    assert.equal(first.status, 200);
    const filler = join(dir, 'filler');
    await writeFile(filler, Buffer.alloc(8 * 1024 * 1024)).catch((error: { code: string }) => assert.equal(error.code, 'ENOSPC'));
    let refused = await submit(master);
    // What was reserved in the last blocks of the log is used up first.
    for (let tries = 0; refused.status === 200 && tries < 500; tries++) refused = await submit(master);
    assert.equal(refused.status, 507, JSON.stringify(refused.body));
    assert.equal(refused.error, 'STORE_FULL');
    const end = performance.now() + 2.5 * leaseSeconds * 1000;
    while (performance.now() < end) {
      assert.equal((await master.ask('GET', '/2/info')).status, 200, 'it still leads');
      assert.equal((await submit(master)).error, 'STORE_FULL');
      await sleep(300);
    }
    const before = await master.ask('GET', '/2/jobs');
    await rm(filler);
    const after = await submit(master);
    assert.equal(after.status, 200, JSON.stringify(after.body));
    await master.until(
      'the new job has succeeded',
      20,
      ({ body }) => (body as { status?: string }).status === 'success',
      `/2/jobs/${String(after.body)}`,
    );
    assert.equal(
      ((await master.ask('GET', '/2/jobs')).body as unknown[]).length,
      (before.body as unknown[]).length + 1,
      'a refused request has made no job',
    );
    assert.equal(master.process.exitCode, null);
    assert.doesNotMatch(master.log(), /the leadership is lost/);
  }, 6));

test('a master that stood still longer than its lease says so, tells nothing old, and leads again by itself', () =>
  withMaster(async (master) => {
    const termOf = (text: string) => [...text.matchAll(/"term":(\d+)/g)].map(([, term]) => Number(term));
    const [firstTerm] = termOf(master.log());
    process.kill(master.pid, 'SIGSTOP');
    // Whoever comes meanwhile ends the lease and changes something, as another master would.
    await sleep(leaseSeconds * 1000 + 500);
    const store = await openStore(`sqlite:${master.storeFile}`);
    assert.equal(await store.get(keys.leader), undefined);
    const entry = await store.get(keys.cluster);
    const cluster = { ...JSON.parse(entry?.value ?? ''), tags: ['changed'] };
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.cluster, value: JSON.stringify(cluster) }] });
    await store.close();
    process.kill(master.pid, 'SIGCONT');
    const answers = await Promise.all(Array.from({ length: 20 }, () => master.ask('GET', '/2/tags')));
    for (const { status, body, error } of answers) {
      if (status === 200) assert.deepEqual(body, ['changed']);
      else assert.match(error ?? '', /^MASTER_(PAUSED|STANDS_BY)$/);
    }
    await master.until('it leads again', 20, ({ status }) => status === 200);
    assert.deepEqual((await master.ask('GET', '/2/tags')).body, ['changed']);
    // The new term answers before its queue has begun, and says so.
    await until('it takes jobs again', async () => {
      const { status, error } = await submit(master);
      if (status !== 200) assert.equal(error, 'QUEUE_STOPPED');
      return status === 200;
    });
    assert.ok((termOf(master.log()).at(-1) ?? 0) > (firstTerm ?? 0), 'it is a new term');
    assert.equal(master.process.exitCode, null);
  }));
