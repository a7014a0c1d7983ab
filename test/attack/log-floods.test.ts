/** Whoever sends requests cannot fill the disk with the log, forge lines of it, or hide what users do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiRig, writer } from '../../src/api/testing/api-rig.ts';
import { createLog } from '../../src/base/index.ts';

function collectingLog() {
  const lines: string[] = [];
  return { lines, log: createLog('master', { level: 'info', writer: { write: (line) => lines.push(line), problem: () => null } }) };
}

test('a flood without credentials leaves some lines, their count, and every line of the users', { timeout: 60_000 }, async () => {
  const { lines, log } = collectingLog();
  const rig = await startApiRig({ log });
  try {
    const path = `/2/${'x'.repeat(4000)}`;
    for (let round = 0; round < 15; round++) {
      await Promise.all(Array.from({ length: 100 }, () => rig.client.send('GET', path)));
      await rig.client.send('GET', '/2/info', { user: writer });
    }
    const bytes = lines.reduce((sum, line) => sum + line.length, 0);
    assert.ok(bytes < 500_000, `${bytes} bytes`);
    const requests = lines.map((line) => JSON.parse(line) as { msg: string; user?: string; left_out?: number });
    assert.equal(requests.filter(({ msg, user }) => msg === 'request' && user === 'admin').length, 15);
    assert.ok(requests.filter(({ user }) => user === '-').length < 700);
  } finally {
    await rig.close();
  }
});

test('what a user sends makes no line of its own in any log', async () => {
  const { lines, log } = collectingLog();
  const rig = await startApiRig({ log });
  const forged = 'x\n{"level":30,"audit":true,"user":"admin","msg":"forged"}\r\n\u2028\u0085forged';
  try {
    const ops = [
      { OP_ID: 'OP_TAGS_SET', kind: 'instance', name: forged, tags: ['a'] },
      { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: forged, comment: forged, reason: [['me', forged, 1]] },
      { OP_ID: 'OP_CLUSTER_SET_PARAMS', enabled_data_collectors: { [forged]: true } },
      { OP_ID: 'OP_CLUSTER_VERIFY', group_name: forged },
    ];
    const jobs: unknown[] = [];
    for (const op of ops) jobs.push((await rig.client.send('POST', '/2/jobs', { user: writer, body: { ops: [op] } })).body);
    await rig.client.send('GET', `/2/instances/${encodeURIComponent(forged)}`, { user: writer });
    for (const job of jobs.filter((id) => typeof id === 'number')) {
      const reply = await rig.client.send('GET', `/2/jobs/${job}/wait?previous_log_serial=-1&fields=status`, {
        user: writer,
        body: { fields: ['oplog'] },
      });
      assert.equal(reply.status < 500, true, reply.text);
      for (const entry of (await rig.services.jobs.get(job as number))?.ops.flatMap((op) => op.log) ?? []) {
        assert.doesNotMatch(String(entry[3]), /[\n\r\u2028\u0085]/);
      }
    }
    for (const line of lines) {
      assert.doesNotMatch(line.slice(0, -1), /[\n\r\u2028\u0085]/);
      assert.notEqual((JSON.parse(line) as { msg: string }).msg, 'forged');
    }
  } finally {
    await rig.close();
  }
});
