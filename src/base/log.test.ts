import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';

function collecting(sampling = {}) {
  const lines: string[] = [];
  return { lines, log: createLog('test', { level: 'info', writer: { write: (line) => lines.push(line), problem: () => null }, sampling }) };
}

test('every line is one line of JSON, whatever a value holds', () => {
  const { lines, log } = collecting();
  const nasty = 'a\n{"level":50,"msg":"forged"}\r\u2028\u0085\u001b[2J\u009b';
  log.info({ audit: true, user: nasty, objects: [{ name: nasty }] }, nasty);
  log.error({ err: new Error(nasty) }, 'x');
  for (const line of lines) assert.ok(/^[^\u0000-\u0008\n-\u001f\u007f-\u009f\u2028\u2029]*\n$/.test(line), line);
  const { user, msg } = JSON.parse(lines[0] ?? '') as Record<string, string>;
  assert.deepEqual([user, msg], [nasty, nasty]);
});

test('what comes too often is left out and counted; audit lines never are', () => {
  const { lines, log } = collecting({ burst: 5, perSecond: 0 });
  for (let time = 0; time < 100; time++) {
    log.info({ path: `/${time}` }, 'request');
    log.info({ audit: true, time }, 'opcode submitted');
  }
  const count = (msg: string) => lines.filter((line) => (JSON.parse(line) as { msg: string }).msg === msg).length;
  assert.deepEqual([count('request'), count('opcode submitted')], [5, 100]);
  log.info({ user: 'alice' }, 'request');
  assert.equal(count('request'), 6);
});

test('the count of what was left out comes with the next line of its kind', () => {
  let time = 0;
  const { lines, log } = collecting({ burst: 1, perSecond: 1, now: () => time });
  for (let number = 0; number < 8; number++) log.info('plain text');
  time = 1000;
  log.info('plain text');
  const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  assert.deepEqual([lines.length, last['left_out'], last['msg']], [2, 7, 'plain text']);
});
