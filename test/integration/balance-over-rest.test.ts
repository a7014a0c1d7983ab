import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type ApiRig, reader, startApiRig, writer } from '../../src/api/testing/api-rig.ts';
import { runProgram } from '../../src/htools/index.ts';

let rig: ApiRig;
let dir = '';
// Each test balances a cluster of its own: one that is balanced already has nothing to submit.
beforeEach(async () => {
  rig = await startApiRig();
  dir = await mkdtemp(join(tmpdir(), 'balance-over-rest-'));
  await writeFile(join(dir, 'ca.pem'), rig.ca);
  await writeFile(join(dir, 'writer'), `${writer}\n`);
  await writeFile(join(dir, 'reader'), `${reader}\n`);
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true });
});

/** Runs hbal -X against the master of the rig, as one of its users. */
async function hbal(user: 'writer' | 'reader', ...words: string[]) {
  let out = '';
  let err = '';
  const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), watched: false };
  const access = ['--rapi-ca', join(dir, 'ca.pem'), '--rapi-credentials', join(dir, user)];
  const address = `https://localhost:${rig.address.port}`;
  return { code: await runProgram('hbal', ['-m', address, ...access, '-G', 'default', '-X', ...words], io), out, err };
}

test('who may only read submits nothing', async () => {
  const { code, err } = await hbal('reader');
  assert.match(err, /^Error: hbal: Job submission error: status 403: .*\n {2}code: {2}HTOOLS_JOB_REFUSED$/m);
  assert.deepEqual([code, rig.services.jobs.list().length], [1, 0]);
});

test('hbal -X balances the cluster of a master over its REST interface', async () => {
  const { code, out } = await hbal('writer', '--reason=crowded');
  assert.match(out, /Solution length=2\nGot job IDs 1\nGot job IDs 2\n$/);
  assert.equal(code, 0);
  const again = await hbal('writer');
  assert.match(again.out, /No solution found|Nothing to do/);
  const jobs = await Promise.all([1, 2].map((job) => rig.services.jobs.get(job)));
  assert.deepEqual(
    jobs.map((job) => job?.ops.map(({ input, status }) => [input['OP_ID'], input['instance_name'], input['target_node'], status])),
    [[['OP_INSTANCE_MIGRATE', 'inst3.r5.test', 'node2', 'success']], [['OP_INSTANCE_MIGRATE', 'inst6.r5.test', 'node3', 'success']]],
  );
  assert.deepEqual((jobs[0]?.ops[0]?.input['reason'] as string[][])[0]?.slice(0, 2), ['hbal', 'crowded']);
});
