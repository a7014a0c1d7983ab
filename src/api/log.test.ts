import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import pino from 'pino';
import { startApiRig, writer } from './testing/api-rig.ts';

test('requests are logged with their user and without bodies; submitted opcodes have an audit line', async () => {
  const out = new PassThrough();
  const lines: Record<string, unknown>[] = [];
  out.on('data', (text: Buffer) => {
    for (const line of text.toString().trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  const rig = await startApiRig({ log: pino({}, out) });
  try {
    const body = { ops: [{ OP_ID: 'OP_TAGS_SET', kind: 'instance', name: 'nobody', tags: ['topsecret'] }] };
    const { body: job } = await rig.client.send('POST', '/2/jobs?token=hidden', { user: writer, body });
    await rig.client.send('GET', '/2/info', { user: 'admin:guessedpassword' });
    const request = lines.find(({ msg }) => msg === 'request');
    assert.deepEqual([request?.['method'], request?.['path'], request?.['status'], request?.['user']], ['POST', '/2/jobs', 200, 'admin']);
    const audit = lines.find(({ audit }) => audit === true);
    assert.deepEqual(
      [audit?.['user'], audit?.['opcode'], audit?.['objects'], audit?.['job']],
      ['admin', 'OP_TAGS_SET', [{ kind: 'instance', name: 'nobody' }], job],
    );
    const text = JSON.stringify(lines);
    for (const secret of ['topsecret', 'hidden', 'guessedpassword', 'Basic ']) assert.ok(!text.includes(secret), secret);
  } finally {
    await rig.close();
  }
});
