import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCluster } from '../load-cluster.ts';
import { dataText } from '../testing/data-file.ts';
import { expectError } from '../testing/expect-error.ts';
import { replayMaster } from '../testing/replay-master.ts';
import { formatText } from '../text/format-text.ts';
import { LuxiClient } from './luxi-client.ts';

test('a cluster loaded from the socket is what Ganeti loads from it', async () => {
  await using master = await replayMaster();
  assert.equal(formatText(await loadCluster({ luxiSocket: master.path })), dataText('luxi-oracle.data'));
});

test('a value that the master marks as not known does not count, whatever it is', async () => {
  await using master = await replayMaster((answer) => answer.replaceAll('[2,null]', '[4,9]'));
  assert.equal(formatText(await loadCluster({ luxiSocket: master.path })), dataText('luxi-oracle.data'));
});

test('jobs are submitted and followed over one connection', async () => {
  await using master = await replayMaster();
  const client = await LuxiClient.connect(master.path);
  const recorded = JSON.parse(dataText('luxi.json')) as { call: { method: string; args: never[] } }[];
  const submit = recorded.find(({ call }) => call.method === 'SubmitManyJobs')?.call;
  assert.deepEqual(await client.call('SubmitManyJobs', submit?.args ?? []), [[true, 31]]);
  const states = await Promise.all([1, 2, 3, 4].map(() => client.call('QueryJobs', [[31], ['status']])));
  assert.deepEqual(states.flat(2), ['queued', 'running', 'running', 'success']);
  client.close();
});

test('an error of the master is told, and the connection goes on', async () => {
  await using master = await replayMaster();
  const client = await LuxiClient.connect(master.path);
  await expectError(() => client.call('Dance', []), 'HTOOLS_LUXI_REFUSED', /refused Dance: GenericError: Unknown method/);
  assert.deepEqual(Object.keys((await client.call('QueryClusterInfo', [])) as object).toSorted(), [
    'default_hypervisor',
    'ipolicy',
    'master',
    'tags',
  ]);
  client.close();
  await expectError(() => client.call('QueryClusterInfo', []), 'HTOOLS_LUXI_UNREACHABLE', /this side closed it/);
});

test('no socket', () => expectError(() => loadCluster({ luxiSocket: '/no/such/socket' }), 'HTOOLS_LUXI_UNREACHABLE', /ENOENT/));

test('a master that says nothing is given up', async () => {
  await using master = await replayMaster(() => undefined);
  const client = await LuxiClient.connect(master.path, { answerSeconds: 0.1 });
  await expectError(() => client.call('Query', []), 'HTOOLS_LUXI_UNREACHABLE', /no answer to Query within 0.1 s/);
});

test('a master that hangs up', async () => {
  await using master = await replayMaster(() => '');
  await expectError(() => loadCluster({ luxiSocket: master.path }), 'HTOOLS_LUXI_UNREACHABLE', /closed/);
});

for (const [sends, text] of [
  ['hello\x03', /cannot be understood/],
  ['{"success": 1}\x03', /cannot be understood/],
  ['[]\x03', /cannot be understood/],
] as const) {
  test(`an answer that is none: ${sends.slice(0, -1)}`, async () => {
    await using master = await replayMaster(() => sends);
    await expectError(() => loadCluster({ luxiSocket: master.path }), 'HTOOLS_LUXI_UNREACHABLE', text);
  });
}

for (const [result, text] of [
  ['{}', /node query: the answer cannot be understood: there is no list of rows/],
  ['{"data": [[]]}', /row 0 does not have 18 fields/],
  [`{"data": [[${Array.from({ length: 18 }, () => '3').join(',')}]]}`, /field name of row 0 is no pair/],
] as const) {
  test(`a query answered with ${result.slice(0, 20)}`, async () => {
    await using master = await replayMaster(() => `{"success": true, "result": ${result}}\x03`);
    await expectError(() => loadCluster({ luxiSocket: master.path }), 'HTOOLS_LUXI_ANSWER', text);
  });
}
