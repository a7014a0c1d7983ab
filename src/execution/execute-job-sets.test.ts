import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GantryError, seededRandom } from '../base/index.ts';
import { executeJobSets, type JobSet } from './execute-job-sets.ts';
import { isUnfinished } from './is-unfinished.ts';
import { jobNamed, type PortScript, scriptedPort } from './testing/scripted-port.ts';

const origin = { program: 'hbal', comment: 'a test', now: () => 5 };
const setOf = (...names: string[]): JobSet => ({ title: names.join('+'), jobs: names.map(jobNamed) });
const sets = [setOf('a', 'b'), setOf('c'), setOf('d')];

describe('sets of jobs', () => {
  test('run one after the other, the jobs of a set together', async () => {
    const { port, events, jobs } = scriptedPort({ states: { a: ['queued', 'waiting', 'running', 'success'] } });
    const told: (readonly string[] | undefined)[] = [];
    const submitted: (readonly number[])[] = [];
    const onStates = (states: readonly string[] | undefined) => told.push(states);
    const executed = await executeJobSets(sets, port, origin, { onStates, onSubmitted: (numbers) => submitted.push(numbers) });
    assert.deepEqual(events, ['submit a b', 'submit c', 'submit d']);
    assert.deepEqual(submitted, [[1, 2], [3], [4]]);
    assert.deepEqual(
      executed.done.map(({ set, jobs: ended }) => [set.title, ended]),
      [
        ['a+b', [1, 2].map((job) => ({ job, status: 'success' }))],
        ['c', [{ job: 3, status: 'success' }]],
        ['d', [{ job: 4, status: 'success' }]],
      ],
    );
    assert.deepEqual([executed.left, executed.failed], [[], undefined]);
    assert.deepEqual(told.slice(0, 5), [
      ['queued', 'running'],
      ['waiting', 'success'],
      ['running', 'success'],
      ['success', 'success'],
      undefined,
    ]);
    const { comment, reason, priority, depends } = (jobs.get(1)?.opcodes[0] ?? {}) as Record<string, unknown>;
    assert.deepEqual([comment, reason, priority, depends], ['a test (gantry)', [['hbal', 'hbal (gantry) called', 5_000_000]], 0, null]);
  });

  for (const status of ['error', 'canceled'])
    test(`a job that ends as ${status} ends it: the others of its set are waited for, later sets are not begun`, async () => {
      const { port, events } = scriptedPort({ states: { a: [status], b: ['running', 'running', 'success'] } });
      const executed = await executeJobSets(sets, port, origin);
      assert.deepEqual(events, ['submit a b']);
      assert.deepEqual(executed.failed, { jobs: [{ job: 1, status }], causes: ['job 1 failed'] });
      assert.deepEqual([executed.done, executed.left], [[], sets.slice(1)]);
    });

  test('a cause that cannot be asked for is the reason why', async () => {
    const script: PortScript = { states: { c: ['error'] }, causes: () => Promise.reject(new Error('nobody answers')) };
    const executed = await executeJobSets(sets, scriptedPort(script).port, origin);
    assert.deepEqual(executed.failed, { jobs: [{ job: 3, status: 'error' }], causes: ['nobody answers'] });
    assert.deepEqual([executed.done.length, executed.left], [1, [sets[2]]]);
  });

  test('no sets: nothing is asked', async () => {
    const { port, events } = scriptedPort();
    assert.deepEqual(await executeJobSets([], port, origin), { done: [], left: [], failed: undefined });
    assert.deepEqual(events, []);
  });
});

describe('somebody who stops it', () => {
  test('lets the present set end, and no other begins', async () => {
    const { port, events } = scriptedPort();
    const stop = new AbortController();
    const executed = await executeJobSets(sets, port, origin, { stop: stop.signal, onSubmitted: () => stop.abort() });
    assert.deepEqual(events, ['submit a b']);
    assert.deepEqual([executed.done.length, executed.left, executed.failed], [1, sets.slice(1), undefined]);
  });

  test('before the first set begins none', async () => {
    for (const how of ['stop', 'cancel'] as const) {
      const { port, events } = scriptedPort();
      const executed = await executeJobSets(sets, port, origin, { [how]: AbortSignal.abort() });
      assert.deepEqual([executed.done, executed.left, events], [[], sets, []]);
    }
  });

  test('and cancels has the jobs of the present set cancelled, and those that are told as failed', async () => {
    const { port, events } = scriptedPort({ states: { a: ['running'], b: ['running'] } });
    const cancel = new AbortController();
    const executed = await executeJobSets(sets, port, origin, { cancel: cancel.signal, onStates: () => cancel.abort() });
    assert.deepEqual(events, ['submit a b', 'cancel 1', 'cancel 2']);
    const cancelled = [1, 2].map((job) => ({ job, status: 'canceled' }));
    assert.deepEqual([executed.failed?.jobs, executed.left], [cancelled, sets.slice(1)]);
  });

  test('while the jobs are submitted cancels them, too', async () => {
    const { port, events } = scriptedPort({ states: { a: ['running'], b: ['running'] } });
    const cancel = new AbortController();
    await executeJobSets(sets, port, origin, { cancel: cancel.signal, onSubmitted: () => cancel.abort() });
    assert.deepEqual(events, ['submit a b', 'cancel 1', 'cancel 2']);
  });

  test('cannot cancel what is past it: such jobs end as they do, and their set counts as done', async () => {
    const { port, events } = scriptedPort({ cancelledAs: undefined });
    const cancel = new AbortController();
    const executed = await executeJobSets(sets, port, origin, { cancel: cancel.signal, onStates: () => cancel.abort() });
    assert.deepEqual(events, ['submit a b', 'cancel 1', 'cancel 2']);
    assert.deepEqual([executed.done.length, executed.left, executed.failed], [1, sets.slice(1), undefined]);
  });

  test('after the end of a set cancels nothing of it', async () => {
    const { port, events } = scriptedPort();
    const cancel = new AbortController();
    await executeJobSets([setOf('a')], port, origin, { cancel: cancel.signal });
    cancel.abort();
    await new Promise(setImmediate);
    assert.deepEqual(events, ['submit a']);
  });
});

test('whatever jobs do and however often the master is silent: sets in order, the rest left, nothing submitted twice', async () => {
  const random = seededRandom(11);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  for (let round = 0; round < 200; round++) {
    const states: Record<string, string[]> = {};
    const plan = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, s) => {
      const names = Array.from({ length: 1 + Math.floor(random() * 3) }, (__, k) => `${s}.${k}`);
      for (const name of names) {
        const before = Array.from({ length: Math.floor(random() * 4) }, () => pick(['queued', 'waiting', 'running', 'canceling']));
        states[name] = [...before, pick(['success', 'success', 'success', 'success', 'error', 'canceled'])];
      }
      return setOf(...names);
    });
    const lost = new GantryError('HTOOLS_RAPI_UNREACHABLE', { url: 'a test', detail: 'silence' } as never);
    const { port, events } = scriptedPort({ states, silence: () => (random() < 0.3 ? lost : undefined) });
    const { done, left, failed } = await executeJobSets(plan, port, origin);
    const endOf = (set: JobSet) => set.jobs.map(([opcode]) => states[String(opcode?.['name'])]?.at(-1));
    const firstBad = plan.findIndex((set) => endOf(set).some((end) => end !== 'success'));
    const begun = firstBad === -1 ? plan.length : firstBad + 1;
    assert.deepEqual(
      events,
      plan.slice(0, begun).map(({ title }) => `submit ${title.replaceAll('+', ' ')}`),
      `round ${round}`,
    );
    assert.deepEqual(
      done.map(({ set }) => set),
      plan.slice(0, firstBad === -1 ? begun : firstBad),
    );
    assert.deepEqual(left, plan.slice(begun));
    const bad = firstBad === -1 ? undefined : endOf(plan[firstBad] as JobSet).filter((end) => end !== 'success');
    assert.deepEqual(
      failed?.jobs.map(({ status }) => status),
      bad,
    );
    assert.ok(failed?.jobs.every(({ status }) => !isUnfinished(status)) ?? true);
  }
});
