import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import { type Job, type JobOp, jobStatus, keys } from '../../model/index.ts';
import { ganetiOpresult } from '../../query/index.ts';
import type { Store } from '../../store/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { withExecution } from '../record/job-changes.ts';
import { alice } from '../testing/queue-fixture.ts';
import { effects, operationMap, testSteps } from '../testing/test-operations.ts';
import { create, end, errorOf, hastyClock, noop, reboot, statuses, testQueues } from '../testing/test-queues.ts';
import type { Step, WorldStep } from './operation.ts';

const { start, world } = testQueues();

test('that fails undoes its steps and leaves nothing; the opcodes behind it do not run', async () => {
  const { queue, config } = await start();
  const job = await end(queue, await queue.submit([create('web1', { os_type: 'broken' }), noop], 'alice'));
  assert.deepEqual(statuses(job), ['error', 'error']);
  assert.equal(errorOf(job).code, 'INTERNAL');
  assert.match(errorOf(job).what, /the guest does not boot/);
  assert.equal(errorOf(job, 1).code, 'JOB_PRECEDING_FAILED');
  assert.deepEqual(job.ops[0]?.execution?.undoing?.undone, ['start', 'create-disk-1', 'create-disk-0', 'reserve']);
  assert.deepEqual(await effects(world()), []);
  assert.equal(config.current.instances.size, 0);
  const again = await end(queue, await queue.submit([create('web1')], 'alice'));
  assert.equal(jobStatus(again), 'success', 'the name is free again');
  assert.match(JSON.stringify(ganetiOpresult(job.ops[0])), /^\["OpExecError",\["Internal error/);
});

test('are undone back to the pivot that was passed, not beyond', async () => {
  const done: string[] = [];
  const step = (name: string, more: Partial<WorldStep<null>> = {}): WorldStep<null> => ({
    id: name,
    title: name,
    do: async () => void done.push(name),
    undo: async () => void done.push(`undo ${name}`),
    ...more,
  });
  const fail = async () => {
    throw new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 });
  };
  const steps = [step('a'), step('b', { pivot: true }), step('c'), step('d', { do: fail })];
  const { queue } = await start({ operations: operationMap(testSteps(steps)) });
  const job = await end(queue, await queue.submit([reboot], 'alice'));
  assert.deepEqual(done, ['a', 'b', 'c', 'undo d', 'undo c']);
  assert.equal(errorOf(job).code, 'TIMED_OUT');
});

test('whose undo fails are tried again, and then named in the error', async () => {
  let attempts = 0;
  const undone: string[] = [];
  const boom = (text: string) => async () => {
    throw new GantryError('TIMED_OUT', { subject: text, seconds: 1 });
  };
  const steps = (stubborn: boolean): Step<null>[] => [
    { id: 'make-disk', title: 'make disk', do: async () => undefined, undo: async () => void undone.push('disk') },
    {
      id: 'make-tap',
      title: 'make tap',
      do: async () => undefined,
      undo: async () => {
        if (++attempts < 3 || stubborn) await boom('node1')();
      },
    },
    { id: 'boot', title: 'boot', do: boom('the guest') },
  ];
  const first = await start({ operations: operationMap(testSteps(steps(false))) });
  const mended = await end(first.queue, await first.queue.submit([reboot], 'alice'));
  assert.equal(errorOf(mended).code, 'TIMED_OUT');
  assert.deepEqual(undone, ['disk']);
  assert.match(mended.ops[0]?.log.map(([, , , text]) => text).join('\n') ?? '', /attempt 2 of 3/);
  await first.close();

  const { queue } = await start({ operations: operationMap(testSteps(steps(true))) });
  const job = await end(queue, await queue.submit([reboot], 'alice'));
  assert.equal(errorOf(job).code, 'JOB_UNDO_FAILED');
  assert.equal(errorOf(job).facts['left'], 'make tap, make disk');
  assert.match(errorOf(job).what, /Step "boot" failed \(the guest .*Not undone: make tap, make disk\./);
  assert.deepEqual(undone, ['disk'], 'what lies below is kept: it belongs to what could not be undone');
});

/** A world step that notes what is done and undone. */
const noted = (done: string[], name: string, more: Partial<WorldStep<null>> = {}): WorldStep<null> => ({
  id: name,
  title: name,
  do: async () => void done.push(name),
  undo: async () => void done.push(`undo ${name}`),
  ...more,
});
const refuse = async () => {
  throw new GantryError('TIMED_OUT', { subject: 'the guest', seconds: 1 });
};
const storedOp = async (store: Store, id: number) => (JSON.parse((await store.get(keys.job(id)))?.value ?? '') as Job).ops[0] as JobOp;
const linesOf = (job: Job) => job.ops[0]?.log.map(([, , , text]) => text);

test('that a step failed is stored before the first one is undone, and each undone step before the next', async () => {
  const stored: unknown[] = [];
  const done: string[] = [];
  const look = async () => {
    const { status, execution } = await storedOp(fixture.store, 1);
    stored.push([status, execution?.undoing?.step, execution?.undoing?.undone]);
  };
  const steps = [noted(done, 'a', { undo: look }), noted(done, 'b', { undo: look }), noted(done, 'c', { do: refuse, undo: look })];
  const fixture = await start({ operations: operationMap(testSteps(steps)) });
  const job = await end(fixture.queue, await fixture.queue.submit([reboot], 'alice'));
  assert.deepEqual(stored, [
    ['running', 'c', []],
    ['running', 'c', ['c']],
    ['running', 'c', ['c', 'b']],
  ]);
  const { status, execution } = await storedOp(fixture.store, 1);
  assert.deepEqual([status, execution?.undoing?.undone], ['error', ['c', 'b', 'a']]);
  assert.deepEqual(linesOf(job), ['Step "c" failed: the guest did not finish within 1 s.']);
});

test('while it is undone a job says which step, and that it undoes', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const steps: Step<null>[] = [
    { id: 'a', title: 'a', do: async () => undefined, undo: () => promise },
    { id: 'b', title: 'b', do: refuse },
  ];
  const { queue } = await start({ operations: operationMap(testSteps(steps)) });
  const id = await queue.submit([reboot], 'alice');
  const present = await until('it undoes', () => (queue.present(id)?.progress?.text === 'undoing' ? queue.present(id) : undefined));
  assert.deepEqual(present.progress, { step: 'a', index: 1, count: 2, fraction: null, text: 'undoing' });
  resolve();
  assert.equal(jobStatus(await end(queue, id)), 'error');
});

test('changes of the configuration are undone with the record of it; one that failed has changed nothing', async () => {
  const tag = (name: string): Step<null> => ({
    id: name,
    title: name,
    commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: [...old.tags, name] })),
    uncommit: (draft, { plan, outcomes }) => {
      seen.push([name, plan, Object.keys(outcomes)]);
      draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: old.tags.filter((each) => each !== name) }));
    },
  });
  const seen: unknown[] = [];
  const steps: Step<null>[] = [
    tag('a'),
    {
      id: 'kept',
      title: 'kept',
      commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: [...old.tags, 'kept'] })),
    },
    tag('b'),
    {
      id: 'refused',
      title: 'refused',
      commit: () => {
        throw new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 });
      },
      uncommit: () => assert.fail('it has changed nothing'),
    },
  ];
  const { queue, config } = await start({ operations: operationMap(testSteps(steps)) });
  const job = await end(queue, await queue.submit([reboot], 'alice'));
  assert.deepEqual(seen, [
    ['b', null, ['a', 'kept', 'b']],
    ['a', null, ['a', 'kept', 'b']],
  ]);
  assert.deepEqual(config.current.cluster.tags, ['kept']);
  assert.deepEqual(job.ops[0]?.execution?.undoing?.undone, ['b', 'a']);
  assert.equal(errorOf(job).code, 'TIMED_OUT');
});

test('a failing undo is tried again after pauses that double; the job tells what is left, and so does the log', async () => {
  const { log, troubles: lines } = heardLog();
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      if (ms < 10_000) pauses.push(ms);
      return hastyClock.sleep(ms, signal);
    },
  };
  const done: string[] = [];
  const steps = [noted(done, 'a'), noted(done, 'b', { undo: refuse }), noted(done, 'c', { do: refuse })];
  const undoRetry = { attempts: 4, firstPauseMs: 100 };
  const { queue } = await start({ operations: operationMap(testSteps(steps)), clock, log, undoRetry });
  const job = await end(queue, await queue.submit([reboot], 'alice'));
  assert.deepEqual(pauses, [100, 200, 400]);
  const problem = 'the guest did not finish within 1 s.';
  assert.deepEqual(linesOf(job), [
    `Step "c" failed: ${problem}`,
    ...[1, 2, 3, 4].map((attempt) => `Undoing "b" failed (attempt ${attempt} of 4): ${problem}`),
    'Not undone: b, a',
  ]);
  assert.deepEqual(errorOf(job).facts, { step: 'c', error: problem, code: 'TIMED_OUT', undo: 'b', attempts: 4, problem, left: 'b, a' });
  assert.deepEqual(done, ['a', 'b', 'undo c']);
  const told = lines.filter(({ level }) => level === 'error').map(({ text, facts }) => [text, facts['job'], facts['left']]);
  assert.deepEqual(told, [['a job could not clean up behind itself', 1, ['b', 'a']]]);
});

test('a defect in a step is logged, what a step refuses is not', async () => {
  const { log, troubles: lines } = heardLog();
  const failures = [new TypeError('x is undefined'), new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 })];
  const steps: Step<null>[] = [{ id: 'a', title: 'a', do: () => Promise.reject(failures.shift()) }];
  const { queue } = await start({ operations: operationMap(testSteps(steps)), log });
  for (let count = 0; count < 2; count++) await end(queue, await queue.submit([reboot], 'alice'));
  const told = lines.filter(({ level }) => level === 'error').map(({ text, facts }) => [text, facts['job'], String(facts['err'])]);
  assert.deepEqual(told, [['a step failed by a defect', 1, 'TypeError: x is undefined']]);
});

test('after a restart undoing goes on behind what was undone', async () => {
  const done: string[] = [];
  const hang = () => new Promise<void>(() => done.push('hangs'));
  const steps = (undoOfB: () => Promise<void>) => [noted(done, 'a'), noted(done, 'b', { undo: undoOfB }), noted(done, 'c', { do: refuse })];
  const first = await start({ operations: operationMap(testSteps(steps(hang))) });
  const id = await first.queue.submit([reboot], 'alice');
  await until('the second undo hangs', () => done.includes('hangs'));
  assert.match((await first.queue.cancel(id)).message, /^Job 1 has failed and is being undone already$/);
  await first.close();
  done.length = 0;
  const { queue } = await start({ operations: operationMap(testSteps(steps(async () => void done.push('undo b')))) });
  const job = await end(queue, id);
  assert.deepEqual(done, ['undo b', 'undo a']);
  assert.deepEqual(job.ops[0]?.execution?.undoing?.undone, ['c', 'b', 'a']);
  assert.equal(errorOf(job).code, 'TIMED_OUT');
});

test('a job all of whose steps were undone only has to end', async () => {
  const done: string[] = [];
  const steps = [noted(done, 'a', { do: refuse })];
  const first = await start({ operations: operationMap(testSteps(steps)), idle: true });
  const error = new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 }).toReport();
  const begun = withExecution(0, { plan: null, outcomes: [], undoing: { step: 'a', error, undone: ['a'] } })(
    buildJob(1, [reboot], alice, 0, []),
  );
  await first.store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(1), value: JSON.stringify(begun) }] });
  await first.queue.start();
  const job = await end(first.queue, 1);
  assert.deepEqual([done, errorOf(job).code], [[], 'TIMED_OUT']);
});

test('a queue that stops undoes nothing more, and says nothing of it', async () => {
  const { log, troubles: lines } = heardLog();
  const done: string[] = [];
  const failing = Promise.withResolvers<void>();
  const steps = [noted(done, 'a'), noted(done, 'b', { undo: () => failing.promise, do: refuse })];
  const { queue, close, store } = await start({ operations: operationMap(testSteps(steps)), log });
  const id = await queue.submit([reboot], 'alice');
  await until('it undoes', () => queue.present(id)?.progress?.text === 'undoing');
  await queue.stop();
  const before = await store.get(keys.job(id));
  failing.reject(new Error('too late'));
  await new Promise(setImmediate);
  assert.deepEqual(await store.get(keys.job(id)), before);
  await close();
  assert.deepEqual(done, ['a']);
  assert.deepEqual(lines, []);
});
