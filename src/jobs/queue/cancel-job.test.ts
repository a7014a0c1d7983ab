import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { type Job, jobStatus } from '../../model/index.ts';
import type { Store } from '../../store/index.ts';
import type { Operation, Step, StepContext, WorldStep } from '../saga/operation.ts';
import { operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { end, gated, noop, reboot, statuses, testQueues } from '../testing/test-queues.ts';

const { start } = testQueues();
const linesOf = (job: Job) => job.ops[0]?.log.map(([, , , text]) => text);

/** Steps that note what is done. */
function notes() {
  const done: string[] = [];
  const step = (id: string, more: Partial<WorldStep<null>> = {}): WorldStep<null> => ({
    id,
    title: `do ${id}`,
    do: async () => void done.push(id),
    undo: async () => void done.push(`undo ${id}`),
    ...more,
  });
  /** Stands still until its job is cancelled, and ends by that. */
  const listening = (id: string, more: Partial<WorldStep<null>> = {}) =>
    step(id, {
      do: ({ cancelled }) => (done.push(id), new Promise((_, fail) => cancelled.addEventListener('abort', () => fail(cancelled.reason)))),
      ...more,
    });
  /** Stands still until `gate` opens, whatever happens. */
  const deaf = (id: string, gate: Promise<void>, more: Partial<WorldStep<null>> = {}) =>
    step(id, { do: () => (done.push(id), gate), ...more });
  return { done, step, listening, deaf };
}

describe('cancelling a running job', () => {
  test('tells the step, undoes it and what was done before, and leaves out what comes behind', async () => {
    const { done, step, listening } = notes();
    const steps = [step('a'), listening('b'), step('c')];
    const { queue } = await start({ operations: operationMap(testSteps(steps), testDelay) });
    const id = await queue.submit([reboot, noop], 'alice');
    await until('it stands', () => done.includes('b'));
    const message = 'Job 1 will be cancelled: step 2 of 3 (do b) is told to end, then what was done is undone';
    assert.deepEqual(await queue.cancel(id), { cancelled: true, message });
    const job = await end(queue, id);
    assert.deepEqual(statuses(job), ['canceled', 'canceled']);
    assert.deepEqual(
      job.ops.map(({ result }) => result),
      ['Job canceled by request', 'Job canceled by request'],
    );
    assert.deepEqual(done, ['a', 'b', 'undo b', 'undo a']);
    assert.deepEqual(linesOf(job), [
      'To be cancelled: step 2 of 3 (do b) is told to end, then what was done is undone.',
      'Step "do b" was cancelled.',
    ]);
    await until('its locks are free', () => queue.locks().length === 0);
  });

  test('does not promise to undo a step after which there is no way back, and says when that was done first', async () => {
    const gate = Promise.withResolvers<void>();
    const { done, step, deaf } = notes();
    const steps = [step('a'), deaf('b', gate.promise, { pivot: true }), step('c')];
    const { queue } = await start({ operations: operationMap(testSteps(steps)) });
    const id = await queue.submit([reboot], 'alice');
    await until('it stands', () => done.includes('b'));
    assert.match((await queue.cancel(id)).message, /then what was done is undone; if it is done first, the job continues$/);
    gate.resolve();
    const job = await end(queue, id);
    assert.deepEqual([statuses(job), done], [['success'], ['a', 'b', 'c']]);
    assert.equal(linesOf(job)?.at(-1), 'Step "do b" was done before it could be cancelled; the job continues.');
  });

  const gone = { undo: undefined };
  for (const [what, a, b, promise] of [
    ['itself and those before it', {}, {}, 'told to end, then what was done is undone'],
    ['those before it alone', {}, gone, 'told to end, then the steps before it are undone; what it has done by then stays'],
    ['nothing', gone, gone, 'told to end; what it has done by then stays'],
    ['nothing, if it must end by itself', gone, { ...gone, cancellable: false }, 'finished, and nothing is undone'],
    ['those before it, if it must end by itself', {}, { ...gone, cancellable: false }, 'finished, then what was done is undone'],
  ] as const)
    test(`promises of a step that undoes ${what} no more than it keeps`, async () => {
      const gate = Promise.withResolvers<void>();
      const { done, step, listening, deaf } = notes();
      const present = 'cancellable' in b ? deaf('b', gate.promise, b as never) : { ...listening('b'), ...b };
      const { queue } = await start({ operations: operationMap(testSteps([step('a', a as never), present as Step<null>, step('c')])) });
      const id = await queue.submit([reboot], 'alice');
      await until('it stands', () => done.includes('b'));
      assert.equal((await queue.cancel(id)).message, `Job 1 will be cancelled: step 2 of 3 (do b) is ${promise}`);
      gate.resolve();
      assert.deepEqual(statuses(await end(queue, id)), ['canceled']);
      const undone = done.filter((each) => each.startsWith('undo'));
      assert.deepEqual(undone, [...('undo' in b ? [] : ['undo b']), ...('undo' in a ? [] : ['undo a'])]);
    });

  test('waits for a step that does not listen or must not be told; what has not begun is not undone', async () => {
    for (const more of [{}, { cancellable: false }]) {
      const gate = Promise.withResolvers<void>();
      const { done, step, deaf } = notes();
      const told: boolean[] = [];
      const own = deaf('b', gate.promise, more);
      const listens: WorldStep<null> = {
        ...own,
        do: (context) => (context.cancelled.addEventListener('abort', () => told.push(true)), own.do(context)),
      };
      const { queue, close } = await start({ operations: operationMap(testSteps([step('a'), listens, step('c')])) });
      const id = await queue.submit([reboot], 'alice');
      await until('it stands', () => done.includes('b'));
      const { message } = await queue.cancel(id);
      assert.match(message, more.cancellable === false ? /\(do b\) is finished, then/ : /\(do b\) is told to end, then/);
      assert.deepEqual(statuses(await queue.get(id)), ['canceling']);
      gate.resolve();
      const job = await end(queue, id);
      assert.equal(jobStatus(job), 'canceled');
      assert.deepEqual(done, ['a', 'b', 'undo b', 'undo a']);
      assert.deepEqual(told, more.cancellable === false ? [] : [true]);
      assert.equal(linesOf(job)?.at(-1), 'Cancelled before step "do c".');
      await close();
    }
  });

  test('finishes an opcode that is behind its pivot, and starts no other', async () => {
    const gate = Promise.withResolvers<void>();
    const { done, step, deaf } = notes();
    const steps = [step('a', { pivot: true }), deaf('b', gate.promise), step('c')];
    const { queue } = await start({ operations: operationMap(testSteps(steps, []), testDelay) });
    const [one, two] = (await queue.submitMany([[reboot], [reboot, noop]], 'alice')) as [number, number];
    await until('both stand', () => done.filter((each) => each === 'b').length === 2);
    const refusal = 'Job 1 cannot be cancelled any more: it is at step 2 of 3 (do b), and what was done before cannot be undone';
    assert.deepEqual(await queue.cancel(one), { cancelled: false, message: refusal });
    const { cancelled, message } = await queue.cancel(two);
    assert.equal(cancelled, true);
    assert.match(
      message,
      /present opcode cannot be undone any more and is finished, from step 2 of 3 \(do b\); those after it are not started/,
    );
    gate.resolve();
    assert.deepEqual(statuses(await end(queue, one)), ['success']);
    assert.deepEqual(statuses(await end(queue, two)), ['success', 'canceled']);
    assert.ok(!done.some((each) => each.startsWith('undo')));
  });

  test('ends a plan that is made', async () => {
    let ended: unknown;
    const plan: Operation['plan'] = ({ signal }) =>
      new Promise((_, fail) => signal.addEventListener('abort', () => fail((ended = signal.reason))));
    const { queue } = await start({ operations: operationMap({ ...testSteps([]), plan }) });
    const id = await queue.submit([reboot], 'alice');
    await until('it plans', () => queue.present(id)?.job.ops[0]?.status === 'running');
    assert.deepEqual(await queue.cancel(id), { cancelled: true, message: 'Job 1 will be cancelled: it has changed nothing yet' });
    assert.deepEqual(statuses(await end(queue, id)), ['canceled']);
    assert.equal(GantryError.from(ended).code, 'CANCELLED');
  });

  test('ends a job whose access is still decided on, before its plan', async () => {
    const decision = Promise.withResolvers<undefined>();
    let asked = 0;
    let planned = false;
    const requireOpcodes = async () => (asked++ === 0 ? undefined : decision.promise);
    const plan: Operation['plan'] = () => ((planned = true), new Promise(() => undefined));
    const { queue } = await start({
      access: { requireOpcodes, sightOf: () => undefined },
      operations: operationMap({ ...testSteps([]), plan }),
    });
    const id = await queue.submit([reboot], 'alice');
    await until('it is decided on', () => asked === 2);
    assert.equal((await queue.cancel(id)).cancelled, true);
    decision.resolve(undefined);
    assert.deepEqual(statuses(await end(queue, id)), ['canceled']);
    assert.equal(planned, false);
  });

  for (const next of ['waits for locks', 'is planned'] as const) {
    test(`that crosses the end of an opcode ends the job when the next one ${next}`, async () => {
      const open = Promise.withResolvers<void>();
      let isHeld = false;
      const wrap = (store: Store): Partial<Store> => ({
        async transact(transaction) {
          const isLast = JSON.stringify(transaction).includes('success');
          if (isLast && !isHeld) {
            isHeld = true;
            await open.promise;
          }
          return store.transact(transaction);
        },
      });
      const { operation, order, open: let1 } = gated();
      const plan: Operation['plan'] = ({ jobId }) =>
        jobId === 2 && next === 'is planned' ? new Promise(() => undefined) : Promise.resolve(null);
      const locks: Operation['locks'] = ({ instance_name: name }) => [{ kind: 'instance', name: String(name), mode: 'exclusive' }];
      const { queue } = await start({ wrap, operations: operationMap({ ...operation, plan, locks }, testDelay) });
      await queue.submit([reboot], 'alice');
      await until('the first holds', () => order.length === 1);
      const id = await queue.submit([noop, { ...reboot, instance_name: next === 'is planned' ? 'web2' : 'web1' }, noop], 'alice');
      await until('its first opcode ends', () => isHeld);
      const answer = queue.cancel(id);
      open.resolve();
      assert.equal((await answer).cancelled, true);
      assert.deepEqual(statuses(await end(queue, id)), ['success', 'canceled', 'canceled']);
      assert.equal(jobStatus(await let1(queue, 1)), 'success');
      await until('its locks are free', () => queue.locks().length === 0);
    });
  }

  test('is remembered by the next master, which undoes what was begun', async () => {
    const { done, step, deaf } = notes();
    const steps = (gate: Promise<void>) => operationMap(testSteps([step('a'), deaf('b', gate), step('c')]), testDelay);
    const first = await start({ operations: steps(new Promise(() => undefined)) });
    const id = await first.queue.submit([reboot, noop], 'alice');
    await until('it stands', () => done.includes('b'));
    assert.equal((await first.queue.cancel(id)).cancelled, true);
    await first.close();
    const { queue } = await start({ operations: steps(Promise.resolve()) });
    assert.deepEqual(statuses(await end(queue, id)), ['canceled', 'canceled']);
    assert.deepEqual(done, ['a', 'b', 'undo b', 'undo a'], 'the interrupted step is undone, not repeated');
  });

  test('whose undoing fails ends with that error', async () => {
    const { done, listening } = notes();
    const fail = async () => {
      throw new GantryError('TIMED_OUT', { subject: 'x', seconds: 1 });
    };
    const { queue } = await start({ operations: operationMap(testSteps([listening('a', { undo: fail })])) });
    const id = await queue.submit([reboot], 'alice');
    await until('it stands', () => done.includes('a'));
    await queue.cancel(id);
    const job = await end(queue, id);
    assert.deepEqual(statuses(job), ['error']);
    assert.match(JSON.stringify(job.ops[0]?.result), /JOB_UNDO_FAILED/);
  });
});

describe('a job that overtakes', () => {
  const web1 = [{ kind: 'instance', name: 'web1', mode: 'exclusive' }] as const;
  /** Steps of jobs that wait patiently until they are told to hurry. */
  const patient = (seen: unknown[]): Step<null>[] => [
    {
      id: 'wait',
      title: 'wait',
      do: ({ hurried, jobId }: StepContext<null>) =>
        new Promise((resolve) => {
          seen.push(`job ${jobId} waits`);
          const hurry = () => (seen.push(`job ${jobId} hurries for ${hurried.reason}`), resolve());
          if (hurried.aborted) hurry();
          else hurried.addEventListener('abort', hurry);
        }),
    },
  ];

  for (const max_running_jobs of [20, 1])
    test(`makes those hurry that hold what it names, also who gets it before, with ${max_running_jobs} places`, async () => {
      const seen: unknown[] = [];
      const urgent: Operation = { ...testDelay, locks: () => web1, overtakes: () => [{ kind: 'instance', name: 'WEB1' }] };
      const { queue } = await start({ cluster: { max_running_jobs }, operations: operationMap(testSteps(patient(seen), web1), urgent) });
      const [first, second] = (await queue.submitMany([[reboot], [reboot]], 'alice')) as [number, number];
      await until('the first waits', () => seen.length === 1);
      const third = await queue.submit([noop], 'alice');
      for (const id of [first, second, third]) assert.equal(jobStatus(await end(queue, id)), 'success');
      assert.deepEqual(seen, ['job 1 waits', 'job 1 hurries for job 3', 'job 2 waits', 'job 2 hurries for job 3']);
    });

  test('leaves everybody alone when it is a dry run', async () => {
    const seen: unknown[] = [];
    const urgent: Operation = { ...testDelay, locks: () => web1, overtakes: () => [{ kind: 'instance', name: 'web1' }] };
    const { queue } = await start({ operations: operationMap(testSteps(patient(seen), web1), urgent) });
    const holder = await queue.submit([reboot], 'alice');
    await until('it waits', () => seen.length === 1);
    const waiter = await queue.submit([{ ...noop, dry_run: true }], 'alice');
    await until('it waits for the instance', () => queue.present(waiter)?.waitingFor.length === 1);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.deepEqual(seen, ['job 1 waits']);
    await queue.cancel(waiter);
    assert.equal((await queue.cancel(holder)).cancelled, true);
  });

  test('leaves everybody alone while the configuration says that its plan will be refused', async () => {
    const seen: unknown[] = [];
    let refused = true;
    const precheck = () => {
      if (refused) throw new GantryError('NODE_OFFLINE', { name: 'node1' });
    };
    const urgent: Operation = { ...testDelay, locks: () => web1, overtakes: () => [{ kind: 'instance', name: 'web1' }], precheck };
    const { queue } = await start({ operations: operationMap(testSteps(patient(seen), web1), urgent) });
    const holder = await queue.submit([reboot], 'alice');
    await until('it waits', () => seen.length === 1);
    const waiter = await queue.submit([noop], 'alice');
    await until('it waits for the instance', () => queue.present(waiter)?.waitingFor.length === 1);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.deepEqual(seen, ['job 1 waits']);
    refused = false;
    const other = await queue.submit([noop], 'alice');
    for (const id of [holder, waiter, other]) assert.equal(jobStatus(await end(queue, id)), 'success');
    assert.deepEqual(seen, ['job 1 waits', 'job 1 hurries for job 3']);
  });

  test('leaves alone who holds other locks that it waits for', async () => {
    const seen: unknown[] = [];
    const node = { kind: 'node', name: 'node1', mode: 'exclusive' } as const;
    const urgent: Operation = { ...testDelay, locks: () => [...web1, node], overtakes: () => [{ kind: 'instance', name: 'web1' }] };
    const { queue } = await start({ operations: operationMap(testSteps(patient(seen), [node]), urgent) });
    const holder = await queue.submit([reboot], 'alice');
    await until('it waits', () => seen.length === 1);
    const waiter = await queue.submit([noop], 'alice');
    await until('it waits for the node', () => queue.present(waiter)?.waitingFor.length === 1);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.deepEqual(seen, ['job 1 waits']);
    await queue.cancel(waiter);
    assert.equal((await queue.cancel(holder)).cancelled, true);
  });
});
