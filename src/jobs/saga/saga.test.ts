import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, type JobOp, jobStatus, keys } from '../../model/index.ts';
import { ganetiOpresult } from '../../query/index.ts';
import type { JobNodeCaller } from '../../rpc/index.ts';
import type { Store } from '../../store/index.ts';
import { buildJob } from '../queue/build-job.ts';
import { withExecution } from '../record/job-changes.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { create, end, errorOf, noop, reboot, testQueues } from '../testing/test-queues.ts';
import type { Operation, Step, StepContext } from './operation.ts';

const { start } = testQueues();

describe('a job', () => {
  test('that fails while planning has changed nothing', async () => {
    const plan = async () => {
      throw new GantryError('TAG_MISSING', { subject: 'cluster', tag: 'a' });
    };
    const { queue } = await start({ operations: operationMap({ ...testDelay, plan }) });
    const job = await end(queue, await queue.submit([noop], 'alice'));
    assert.equal(errorOf(job).code, 'TAG_MISSING');
    assert.deepEqual(ganetiOpresult(job.ops[0] as JobOp), ['OpPrereqError', ['Tag(s) a not found', 'unknown_entity']]);
  });

  test('with dry_run ends after the plan, which is its result', async () => {
    const { queue, config } = await start();
    const job = await end(queue, await queue.submit([create('web1', { dry_run: true })], 'alice'));
    assert.equal(jobStatus(job), 'success');
    assert.equal((job.ops[0]?.result as { name: string }).name, 'web1');
    assert.equal(config.current.instances.size, 0);
  });

  test('with dry_run is refused by the first changes of the configuration as it would be without, and writes none of them', async () => {
    const operation = testSteps([
      {
        id: 'first',
        title: 'first',
        commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: ['written'] })),
      },
      { id: 'second', title: 'second', commit: (draft) => void draft.need('group', 'gone') },
      { id: 'call-a-node', title: 'call a node', do: () => Promise.reject(new Error('a dry run called a node')) },
      { id: 'last', title: 'last', commit: (draft) => void draft.need('node', 'gone') },
    ]);
    const { queue, config } = await start({ operations: operationMap(operation) });
    const reboot = { OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1', dry_run: true };
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.equal(errorOf(job).code, 'OBJECT_UNKNOWN');
    assert.deepEqual(errorOf(job).facts, { kind: 'group', name: 'gone' });
    assert.deepEqual(config.current.cluster.tags, []);
  });

  test('keeps the titles of its finished steps, where they say more than their ids', async () => {
    const operation = testSteps([
      { id: 'send-memory', title: 'send its memory', do: async () => undefined },
      { id: 'record-up', title: 'record up', do: async () => undefined },
    ]);
    const { queue } = await start({ operations: operationMap(operation) });
    const job = await end(queue, await queue.submit([{ OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'web1' }], 'alice'));
    assert.deepEqual(
      job.ops[0]?.steps?.map(({ at: _at, ...step }) => step),
      [{ step: 'send-memory', title: 'send its memory' }, { step: 'record-up' }],
    );
  });

  test('whose opcode has no operation here fails with that', async () => {
    const { queue } = await start();
    const job = await end(queue, await queue.submit([{ OP_ID: 'OP_GROUP_ADD', group_name: 'g1' }], 'alice'));
    assert.equal(errorOf(job).code, 'JOB_UNSUPPORTED');
  });
});

describe('steps', () => {
  test('get the outcomes of those before, and log lines with serials over the whole job', async () => {
    const seen: unknown[] = [];
    const steps: Step<null>[] = [
      { id: 'a', title: 'a', do: async ({ log }) => (log('one'), { n: 1, gone: undefined as never }) },
      { id: 'b', title: 'b', do: async ({ log, outcomes }) => (log('two'), void seen.push(outcomes)) },
      { id: 'c', title: 'c', do: async ({ outcomes }) => void seen.push(outcomes) },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const job = await end(queue, await queue.submit([reboot, reboot], 'alice'));
    assert.deepEqual(seen.slice(0, 2), [{ a: { n: 1 } }, { a: { n: 1 }, b: null }]);
    assert.deepEqual(
      job.ops.map(({ log }) => log.map(([serial, , type, text]) => [serial, type, text])),
      [
        [
          [1, 'message', 'one'],
          [2, 'message', 'two'],
        ],
        [
          [3, 'message', 'one'],
          [4, 'message', 'two'],
        ],
      ],
    );
  });

  test('call nodes with the id of the step, undoing with another', async () => {
    const ids: (string | undefined)[] = [];
    const nodes = {
      call: async (_node: string, _method: string, _params: unknown, options?: { stepId?: string }) => void ids.push(options?.stepId),
    } as unknown as JobNodeCaller;
    const call = async ({ nodes: caller }: StepContext<null>) => void (await caller.call('n', 'node-info', {}));
    const fail = async () => {
      throw new Error('no');
    };
    const steps: Step<null>[] = [
      { id: 'start-it', title: 'start it', do: call, undo: call },
      { id: 'fail', title: 'fail', do: fail },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)), nodes });
    await end(queue, await queue.submit([reboot], 'alice'));
    assert.deepEqual(ids, ['job/1/0/start-it', 'job/1/0/start-it/undo']);
  });
});

describe('a saga', () => {
  const tags = (...added: string[]): Step<null> => ({
    id: `add-${added.join('-')}`,
    title: `add ${added.join(' and ')}`,
    commit: (draft) => draft.update('cluster', draft.snapshot.cluster.uuid, (old) => ({ ...old, tags: [...old.tags, ...added] })),
  });
  const storedOp = async (store: Store, id = 1) => (JSON.parse((await store.get(keys.job(id)))?.value ?? '') as Job).ops[0] as JobOp;
  const stored = async (store: Store, job: Job) =>
    store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(job.id), value: JSON.stringify(job) }] });

  test('has its plan in the store before the first step, and each outcome before the next', async () => {
    const seen: unknown[] = [];
    const look = async () => {
      const { status, execution } = await storedOp(fixture.store);
      seen.push([status, execution?.plan, execution?.outcomes.map(({ step, result }) => [step, result])]);
      return seen.length;
    };
    const operation = {
      ...testSteps([]),
      plan: async () => ({ made: 'plan' }),
      steps: () => ['a', 'b', 'c'].map((id) => ({ id, title: id, do: look })),
    };
    const fixture = await start({ operations: operationMap(operation) });
    const job = await end(fixture.queue, await fixture.queue.submit([reboot], 'alice'));
    const plan = { made: 'plan' };
    assert.deepEqual(seen, [
      ['running', plan, []],
      ['running', plan, [['a', 1]]],
      [
        'running',
        plan,
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
    ]);
    assert.equal('execution' in (job.ops[0] as JobOp), false, 'an opcode that succeeded needs none of it any more');
    assert.deepEqual((await storedOp(fixture.store)).status, 'success');
  });

  test('that begins with a change of the configuration has its plan stored with that, in one write', async () => {
    let writes = 0;
    const wrap = (store: Store): Partial<Store> => ({ transact: (transaction) => (writes++, store.transact(transaction)) });
    const { queue } = await start({ operations: operationMap(testSteps([tags('a'), tags('b')])), wrap });
    const id = await queue.submit([reboot], 'alice');
    assert.equal(jobStatus(await end(queue, id)), 'success');
    assert.equal(writes, 3, 'the submission and the two changes, of which the second is the end');
  });

  test('ends with the result of its operation, made of plan and outcomes', async () => {
    const result = (plan: unknown, outcomes: unknown) => ({ plan, outcomes, nothing: undefined }) as never;
    const steps: Step<null>[] = [
      { id: 'a', title: 'a', do: async () => ({ n: 1 }) },
      tags('x'),
      { id: 'c', title: 'c', do: async () => undefined },
    ];
    const { queue } = await start({ operations: operationMap({ ...testSteps(steps), result }, { ...testDelay, result }) });
    const job = await end(queue, await queue.submit([reboot, noop], 'alice'));
    assert.deepEqual(
      job.ops.map(({ result: of }) => of),
      [
        { plan: null, outcomes: { a: { n: 1 }, 'add-x': null, c: null } },
        { plan: null, outcomes: {} },
      ],
    );
  });

  test('has steps of different ids', async () => {
    const { log, troubles: lines } = heardLog();
    const steps: Step<null>[] = [tags('a'), { id: 'b', title: 'b', do: async () => assert.fail('it ran') }, tags('a')];
    const { queue, config } = await start({ operations: operationMap(testSteps(steps)), log });
    const job = await end(queue, await queue.submit([reboot], 'alice'));
    assert.match(errorOf(job).what, /OP_INSTANCE_REBOOT has two steps of one id/);
    assert.deepEqual(config.current.cluster.tags, []);
    assert.deepEqual(
      lines.map(({ level, text, facts }) => [level, text, facts['job']]),
      [['error', 'an opcode failed by a defect', 1]],
    );
  });

  test('is rehearsed by a dry run as far as nodes are not needed, outcomes included', async () => {
    const seen: unknown[] = [];
    const change = (name: string): Step<null> => ({
      id: name,
      title: name,
      commit: (_draft, { plan, outcomes }) => {
        seen.push([name, plan, { ...outcomes }]);
        return { of: name };
      },
    });
    const dry = { ...reboot, dry_run: true };
    const work: Step<null> = { id: 'work', title: 'work', do: () => assert.fail('a dry run works') };
    for (const [steps, expected] of [
      [
        [change('a'), change('b')],
        ['a', 'b'],
      ],
      [[change('a'), work, change('b')], ['a']],
      [[work, change('a')], []],
    ] as const) {
      seen.length = 0;
      const { queue, close } = await start({ operations: operationMap(testSteps(steps)) });
      const job = await end(queue, await queue.submit([dry], 'alice'));
      await close();
      assert.deepEqual([jobStatus(job), job.ops[0]?.result], ['success', null]);
      const outcomes = [{}, { a: { of: 'a' } }];
      assert.deepEqual(
        seen,
        expected.map((name, i) => [name, null, outcomes[i]]),
      );
    }
  });

  test('goes on after a restart only with the steps that it was begun with', async () => {
    const begun = (done: string[], undoing?: string) => {
      const outcomes = done.map((step) => ({ step, result: null, at: 1 }));
      const error = new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 }).toReport();
      return { plan: null, outcomes, ...(undoing === undefined ? {} : { undoing: { step: undoing, error, undone: [] } }) };
    };
    const done: string[] = [];
    const step = (name: string): Step<null> => ({
      id: name,
      title: name,
      do: async () => void done.push(name),
      undo: async () => void done.push(`undo ${name}`),
    });
    const fixture = await start({ operations: operationMap(testSteps(['a', 'b', 'c'].map(step))), idle: true });
    const executions = [begun(['a']), begun(['a', 'old', 'older']), begun(['a'], 'gone'), begun(['a'], 'b')];
    for (const [i, execution] of executions.entries())
      await stored(fixture.store, withExecution(0, execution)(buildJob(i + 1, [reboot], alice, 0, [])));
    await fixture.queue.start();
    const jobs = [];
    for (const id of [1, 2, 3, 4]) jobs.push(await end(fixture.queue, id));
    assert.equal(jobStatus(jobs[0] as Job), 'success');
    assert.deepEqual(
      jobs.slice(1).map((job) => [errorOf(job).code, errorOf(job).facts]),
      [
        ['JOB_STEPS_CHANGED', { job: 2, steps: 'old, older' }],
        ['JOB_STEPS_CHANGED', { job: 3, steps: 'gone' }],
        ['TIMED_OUT', { subject: 'x', seconds: 1 }],
      ],
    );
    assert.deepEqual(done.toSorted(), ['b', 'c', 'undo a', 'undo b']);
  });

  test('goes on after a restart when its steps have other titles', async () => {
    const done: string[] = [];
    const steps = (titles: readonly [string, string], hold: Promise<void>): Step<null>[] => [
      { id: 'a', title: titles[0], do: async () => void done.push(titles[0]) },
      { id: 'b', title: titles[1], do: () => (done.push(titles[1]), hold) },
    ];
    const first = await start({ operations: operationMap(testSteps(steps(['make it', 'start it'], new Promise(() => undefined)))) });
    const id = await first.queue.submit([reboot], 'alice');
    await until('the second step has begun', () => done.includes('start it'));
    await first.close();
    const { queue } = await start({ operations: operationMap(testSteps(steps(['create it', 'boot it'], Promise.resolve()))) });
    assert.equal(jobStatus(await end(queue, id)), 'success');
    assert.deepEqual(done, ['make it', 'start it', 'boot it']);
  });

  test('whose plan has another version than the operation goes on only when it can be upgraded', async () => {
    const seen: unknown[] = [];
    const steps = (plan: unknown): Step[] => [{ id: 'a', title: 'a', do: async () => void seen.push(plan) }];
    const upgradePlan = (plan: unknown, version: number) => ({ plan, version });
    const able = { ...testSteps([]), planVersion: 2, upgradePlan, steps };
    const unable = { ...testDelay, planVersion: 2, steps };
    const fixture = await start({ operations: operationMap(able, unable), idle: true });
    const execution = { plan: 'old', version: 1, outcomes: [] };
    for (const [i, op] of [reboot, noop].entries())
      await stored(fixture.store, withExecution(0, execution)(buildJob(i + 1, [op], alice, 0, [])));
    await fixture.queue.start();
    assert.equal(jobStatus(await end(fixture.queue, 1)), 'success');
    const refused = errorOf(await end(fixture.queue, 2));
    assert.deepEqual([refused.code, refused.facts['version'], refused.facts['present']], ['JOB_PLAN_CHANGED', 1, 2]);
    assert.deepEqual(seen, [{ plan: 'old', version: 1 }]);
  });

  test('tells its progress as it goes, within its bounds', async () => {
    const seen: unknown[] = [];
    const look = () => {
      const progress = queue.present(1)?.progress;
      seen.push([progress?.step, progress?.index, progress?.count, progress?.fraction, progress?.text]);
    };
    const steps: Step<null>[] = [
      {
        id: 'a',
        title: 'a',
        do: async ({ progress }) => {
          look();
          for (const fraction of [-1, 0.25, 7]) {
            progress(fraction);
            look();
          }
          progress(1, 'nearly');
          look();
        },
      },
      { id: 'b', title: 'b', do: async () => look() },
    ];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    await end(queue, await queue.submit([reboot], 'alice'));
    assert.deepEqual(seen, [
      ['a', 1, 2, null, ''],
      ['a', 1, 2, 0, ''],
      ['a', 1, 2, 0.25, ''],
      ['a', 1, 2, 1, ''],
      ['a', 1, 2, 1, 'nearly'],
      ['b', 2, 2, null, ''],
    ]);
    assert.equal(queue.present(1)?.progress, null);
  });

  test('plans with all that it is told of job and user, and logs', async () => {
    const seen: unknown[] = [];
    const plan: Operation['plan'] = async ({ jobId, user, dryRun, log, config }) => {
      log(`planned for ${user}`);
      seen.push([jobId, user, dryRun, config.cluster.cluster_name]);
      return { n: 1 };
    };
    const { queue } = await start({ operations: operationMap({ ...testSteps([]), plan }) });
    const jobs = [];
    for (const op of [reboot, { ...reboot, dry_run: true }]) jobs.push(await end(queue, await queue.submit([op], 'bob')));
    assert.deepEqual(seen, [
      [1, 'bob', false, 'cluster.example.com'],
      [2, 'bob', true, 'cluster.example.com'],
    ]);
    assert.deepEqual(
      jobs.map((job) => job.ops[0]?.log.map(([, , , text]) => text)),
      [['planned for bob'], ['planned for bob']],
    );
    assert.deepEqual(
      jobs.map((job) => job.ops[0]?.result),
      [null, { n: 1 }],
    );
  });

  test('whose queue stops ends nowhere: what comes too late is not recorded', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const begun: string[] = [];
    const plan = () => (begun.push('plan'), (gates[0] as PromiseWithResolvers<void>).promise.then(() => null));
    const step = { id: 'a', title: 'a', do: () => (begun.push('step'), (gates[1] as PromiseWithResolvers<void>).promise) };
    const { queue, store, close } = await start({ operations: operationMap(testSteps([step, tags('late')]), { ...testDelay, plan }) });
    await queue.submitMany([[noop], [reboot]], 'alice');
    await until('both have begun', () => begun.length === 2);
    await queue.stop();
    const before = await store.range(keys.jobs);
    gates[0]?.resolve();
    gates[1]?.reject(new Error('too late'));
    await new Promise(setImmediate);
    assert.deepEqual(await store.range(keys.jobs), before);
    assert.deepEqual(
      queue.list().map((job) => jobStatus(job)),
      ['running', 'running'],
    );
    await close();
  });
});
