import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
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

test('what is left out and not followed by another line is told after ten seconds', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  try {
    const { lines, log } = collecting({ burst: 1, perSecond: 0, now: () => 0 });
    for (let number = 0; number < 4; number++) log.info({ user: 'alice' }, 'request');
    mock.timers.tick(9_999);
    assert.equal(lines.length, 1);
    mock.timers.tick(1);
    const told = JSON.parse(lines[1] ?? '') as Record<string, unknown>;
    assert.deepEqual(told, {
      level: 40,
      time: 10_000,
      pid: process.pid,
      name: 'test',
      kind: 'request (alice)',
      left_out: 3,
      msg: 'lines of this kind were left out',
    });
    mock.timers.tick(60_000);
    assert.equal(lines.length, 2, 'once');
    log.info({ user: 'alice' }, 'request');
    mock.timers.tick(10_000);
    assert.equal((JSON.parse(lines[2] ?? '') as Record<string, unknown>)['left_out'], 1);
  } finally {
    mock.timers.reset();
  }
});

test('secrets are not written, fatal errors are never left out, plain values are', () => {
  const { lines, log } = collecting({ burst: 1, perSecond: 0 });
  log.info({ password: 'x1', headers: { authorization: 'x2' }, os: { secret: 'x3', token: 'x4' } }, 'with secrets');
  assert.ok(lines.length === 1 && !/x[1-4]/.test(lines.join('')), lines.join(''));
  for (let number = 0; number < 3; number++) log.fatal('dying');
  for (let number = 0; number < 3; number++) log.info(null as unknown as object, 'nothing');
  assert.deepEqual(
    lines.slice(1).map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['dying', 'dying', 'dying', 'nothing'],
  );
});

test('a line keeps its fields when it tells what was left out before it, and has what it had without', () => {
  let time = 0;
  const { lines, log } = collecting({ burst: 1, perSecond: 1, now: () => time });
  for (let number = 0; number < 3; number++) log.info({ user: 'alice', number }, 'request');
  time = 1000;
  log.info({ user: 'alice', number: 9 }, 'request');
  time = 2000;
  log.info({ user: 'alice', number: 10 }, 'request');
  const fields = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    fields.map(({ number, left_out: leftOut, msg }) => [number, leftOut, msg]),
    [
      [0, undefined, 'request'],
      [9, 2, 'request'],
      [10, undefined, 'request'],
    ],
  );
});
