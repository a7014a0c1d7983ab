import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './log.ts';
import { operationContext } from './operation-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

function collecting() {
  const lines: Record<string, unknown>[] = [];
  const writer = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>), problem: () => null };
  return { lines, log: createLog('test', { level: 'info', writer }) };
}

test('lines have the trace, the user and the facts of the part of the work, and what is redacted stays so', () => {
  const { lines, log } = collecting();
  const job = operationContext({ trace, user: 'alice', log }, { job: 7 });
  job.part({ step: 'start' }).log.info({ ms: 3, password: 'hidden' }, 'step done');
  job.log.info('job done');
  const shown = lines.map(({ trace: id, user, job: number, step, ms, password }) => [id, user, number, step, ms, password]);
  assert.deepEqual(shown, [
    [trace, 'alice', 7, 'start', 3, '[Redacted]'],
    [trace, 'alice', 7, undefined, undefined, undefined],
  ]);
});

test('what has no trace says nothing of one; a log is made once, and only if something is written', () => {
  const { lines, log } = collecting();
  let made = 0;
  const counting = Object.create(log, {
    child: { value: (facts: object) => (made++, log.child(facts)) },
  }) as typeof log;
  const context = operationContext({ trace: undefined, log: counting }, { job: 1 });
  context.part({ step: 'x' });
  assert.equal(made, 0);
  context.log.info('one');
  context.log.info('two');
  assert.equal(made, 1);
  assert.deepEqual(
    lines.map((line) => ['trace' in line, 'user' in line]),
    [
      [false, false],
      [false, false],
    ],
  );
});
