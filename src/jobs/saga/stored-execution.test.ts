import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../base/index.ts';
import type { Execution } from '../record/job-changes.ts';
import { testSteps } from '../testing/test-operations.ts';
import type { Operation, Step } from './operation.ts';
import { readExecution } from './stored-execution.ts';

const step = (id: string, title: string, ...formerly: string[]): Step<null> => ({ id, title, formerly, do: async () => undefined });
const steps = [step('make-disk', 'make the disk', 'create disk', 'make disk'), step('start', 'start it')];
const operation = testSteps(steps);
const done = (...names: string[]): Execution['outcomes'] => names.map((name) => ({ step: name, result: null, at: 1 }));
const error = { code: 'TIMED_OUT' };

describe('a stored execution', () => {
  it('is read by the ids of its steps, whatever they are called now', () => {
    const stored: Execution = { plan: 7, version: 1, outcomes: done('make-disk'), undoing: { step: 'start', error, undone: ['start'] } };
    assert.deepEqual(readExecution(1, operation, stored), { execution: stored, steps });
  });

  it('of the time without ids is read by the former names', () => {
    for (const name of ['create disk', 'make disk']) {
      const stored: Execution = { plan: null, outcomes: done(name, 'start'), undoing: { step: 'start', error, undone: ['start', name] } };
      const { execution } = readExecution(1, operation, stored);
      assert.deepEqual(execution, {
        plan: null,
        version: 1,
        outcomes: done('make-disk', 'start'),
        undoing: { step: 'start', error, undone: ['start', 'make-disk'] },
      });
    }
  });

  it('tells under which id a node may still work on the step that comes next', () => {
    const named = [...steps, { ...step('send', 'send it', 'x', 'send it') }, step('end', 'end', 'end it')];
    const read = (stored: Omit<Execution, 'plan'>) => readExecution(1, testSteps(named), { plan: null, ...stored }).begunAs;
    const before = (...names: string[]) => read({ outcomes: done(...names) });
    assert.deepEqual(before(), { step: 'make-disk', id: 'create disk', undoing: false });
    assert.equal(before('create disk'), undefined, 'it had no other name');
    assert.deepEqual(before('create disk', 'start'), { step: 'send', id: 'send it', undoing: false });
    assert.equal(before('create disk', 'start', 'send it'), undefined, 'its title is its id');
    assert.equal(before('create disk', 'start', 'send it', 'end'), undefined);
    const undoing = { step: 'start', error, undone: ['start'] };
    assert.deepEqual(read({ outcomes: done('make disk'), undoing }), { step: 'make-disk', id: 'create disk', undoing: true });
    assert.equal(read({ version: 1, outcomes: [] }), undefined);
    assert.equal(read({ version: 1, outcomes: [], next: 'make-disk' }), undefined);
    assert.equal(read({ version: 1, outcomes: [], next: 'start' }), undefined, 'another step comes first now');
    assert.deepEqual(read({ version: 1, outcomes: [], next: 'make disk' }), { step: 'make-disk', id: 'make disk', undoing: false });
  });

  it('with steps that nobody knows is refused, each named once', () => {
    const stored: Execution = { plan: null, outcomes: done('make the disk', 'old'), undoing: { step: 'old', error, undone: [] } };
    const facts = { job: 4, steps: 'make the disk, old' };
    assert.throws(() => readExecution(4, operation, stored), { code: 'JOB_STEPS_CHANGED', facts });
  });

  it('keeps a name for the step that has it as its id', () => {
    const renamed = testSteps([step('b', 'was a', 'a'), step('a', 'new')]);
    const { execution } = readExecution(1, renamed, { plan: null, outcomes: done('a') });
    assert.deepEqual(execution.outcomes, done('a'));
  });
});

describe('a stored plan', () => {
  const seen: unknown[] = [];
  const versioned = (more: Partial<Operation> = {}): Operation => ({
    ...operation,
    planVersion: 3,
    steps: (plan) => {
      seen.push(plan);
      return steps as readonly Step[];
    },
    ...more,
  });
  const upgradePlan = (plan: Json, version: number) => ({ was: plan, version });

  it('of the present version is taken as it is', () => {
    const { execution } = readExecution(1, versioned({ upgradePlan }), { plan: { n: 1 }, version: 3, outcomes: [] });
    assert.deepEqual(execution, { plan: { n: 1 }, version: 3, outcomes: [] });
  });

  it('of an earlier version is upgraded where the operation can; without a version it is the first', () => {
    seen.length = 0;
    for (const version of [undefined, 2]) {
      const stored: Execution = { plan: { n: 1 }, ...(version && { version }), outcomes: [] };
      const plan = { was: { n: 1 }, version: version ?? 1 };
      assert.deepEqual(readExecution(1, versioned({ upgradePlan }), stored).execution, { plan, version: 3, outcomes: [] });
      assert.deepEqual(seen.pop(), plan, 'its steps are derived from the upgraded plan');
    }
  });

  it('of another version is refused otherwise', () => {
    const cases: [Partial<Operation>, number | undefined][] = [
      [{}, 2],
      [{}, undefined],
      [{ upgradePlan }, 4],
    ];
    for (const [more, version] of cases) {
      const facts = { job: 9, opcode: 'OP_INSTANCE_REBOOT', version: version ?? 1, present: 3 };
      const stored: Execution = { plan: null, ...(version && { version }), outcomes: [] };
      assert.throws(() => readExecution(9, versioned(more), stored), { code: 'JOB_PLAN_CHANGED', facts });
    }
  });
});
