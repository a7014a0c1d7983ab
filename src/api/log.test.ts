import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import pino from 'pino';
import { heardLog } from '../../test/support/heard-log.ts';
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
    assert.match(String(request?.['trace']), /^[\da-f]{32}$/);
    const audit = lines.find(({ audit }) => audit === true);
    assert.equal(audit?.['trace'], request?.['trace']);
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

const given = '4bf92f3577b34da6a3ce929d0e0e4736';

test('an answer names its trace: that of the request where it has one, on errors and unknown paths, too', async () => {
  const { log, lines } = heardLog();
  const rig = await startApiRig({ log });
  try {
    const send = (path: string, traceparent: string, user = writer) => rig.client.send('GET', path, { user, headers: { traceparent } });
    const header = `00-${given}-00f067aa0ba902b7-01`;
    for (const [path, user, status] of [
      ['/2/info', writer, 200],
      ['/2/nodes/nobody', writer, 404],
      ['/nowhere', writer, 404],
      ['/2/info', 'admin:wrong', 401],
    ] as const) {
      const reply = await send(path, header, user);
      assert.deepEqual([reply.status, reply.headers['gantry-trace']], [status, given], path);
    }
    const told = lines.filter(({ text }) => text === 'request');
    assert.deepEqual(new Set(told.map(({ facts }) => facts['trace'])), new Set([given]));
    const own = new Set<unknown>();
    for (const hostile of ['', `00-${given}-00f067aa0ba902b7-01,x`, `00-${given.toUpperCase()}-00f067aa0ba902b7-01`]) {
      const { headers } = await send('/2/info', hostile);
      assert.match(String(headers['gantry-trace']), /^[\da-f]{32}$/);
      own.add(headers['gantry-trace']);
    }
    assert.ok(own.size === 3 && !own.has(given), 'each gets one of its own');
  } finally {
    await rig.close();
  }
});

test('a job has the trace of the request that submitted it', async () => {
  const { log, lines } = heardLog();
  const rig = await startApiRig({ log });
  try {
    const body = { ops: [{ OP_ID: 'OP_TEST_DELAY', duration: 0 }] };
    const { body: job, headers } = await rig.client.send('POST', '/2/jobs', { user: writer, body });
    const trace = headers['gantry-trace'];
    assert.equal((await rig.services.jobs.get(Number(job)))?.trace, trace);
    const audit = lines.find(({ facts }) => facts['audit'] === true);
    assert.equal(audit?.facts['trace'], trace);
  } finally {
    await rig.close();
  }
});
