import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { jobStatus, type Touch } from '../../model/index.ts';
import type { JobQueue } from '../job-queue.ts';
import type { Operation, Step } from '../saga/operation.ts';
import { alice } from '../testing/queue-fixture.ts';
import { effects, operationMap, testDelay, testSteps } from '../testing/test-operations.ts';
import { create, end, errorOf, gated, noop, reaches, reboot, testQueues } from '../testing/test-queues.ts';

const { start, world } = testQueues();

describe('locks', () => {
  test('of waiting jobs are shown: who holds, who waits, and for what', async () => {
    const { operation, open: openGate } = gated();
    const { queue } = await start({ operations: operationMap(operation) });
    const [first, second] = (await queue.submitMany([[reboot], [reboot]], alice)) as [number, number];
    await reaches(queue, second, 'waiting');
    const change = await queue.waitForChange(second, { status: 'queued', timeoutMs: 1000 });
    assert.deepEqual(change?.waitingFor, [`instance web1 (held by job ${first})`]);
    assert.deepEqual(queue.locks(), [
      { name: 'instance/web1', level: 'instance', mode: 'exclusive', owners: [first], pending: [{ job: second, mode: 'exclusive' }] },
    ]);
    await openGate(queue, first);
    assert.equal(jobStatus(await openGate(queue, second)), 'success');
    assert.deepEqual(queue.locks(), []);
  });

  test('`allocation` is given back after the step that says so', async () => {
    const gate = Promise.withResolvers<void>();
    const steps: Step<null>[] = [
      { id: 'reserve', title: 'reserve', commit: () => undefined, releases: ['allocation'] },
      { id: 'work', title: 'work', do: () => gate.promise },
    ];
    const operation = testSteps(steps, [{ kind: 'allocation', name: 'allocation', mode: 'exclusive' }]);
    const { queue } = await start({ operations: operationMap(operation) });
    const ids = await queue.submitMany([[reboot], [reboot]], alice);
    for (const id of ids) await reaches(queue, id, 'running');
    gate.resolve();
    for (const id of ids) assert.equal(jobStatus(await end(queue, id)), 'success');
  });

  test('levels that a step says are not needed any more are free, also for the next master', async () => {
    const node = { kind: 'node', name: 'node1', mode: 'exclusive' } as const;
    const steps = (hold: Promise<void>): Step<null>[] => [
      { id: 'copy', title: 'copy', do: async () => undefined, releases: ['node', 'allocation'] },
      { id: 'work', title: 'work', do: () => hold },
    ];
    const touches = [node, { kind: 'instance', name: 'web1', mode: 'exclusive' }] as const;
    const standing = operationMap(testSteps(steps(new Promise(() => undefined)), touches));
    const first = await start({ operations: standing });
    const id = await first.queue.submit([reboot], alice);
    const names = (queue: JobQueue) => queue.locks().map(({ name }) => name);
    await until('only the instance is locked', () => names(first.queue).join() === 'instance/web1');
    await first.close();
    const { queue } = await start({ operations: standing });
    await until('it goes on', () => queue.present(id)?.progress?.step === 'work');
    assert.deepEqual(names(queue), ['instance/web1']);
  });

  test('a job in a long step leaves its place to another one, and takes one again behind it', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const steps: Step<null>[] = [
      { id: 'send', title: 'send', longRunning: true, do: () => gates[0].promise },
      { id: 'end', title: 'end', do: () => gates[1].promise },
    ];
    const other = gated([]);
    const operations = operationMap(testSteps(steps, []), { ...other.operation, opcode: testDelay.opcode });
    const { queue } = await start({ operations, cluster: { max_running_jobs: 1 } });
    const [long, short, last] = (await queue.submitMany([[reboot], [noop], [noop]], alice)) as [number, number, number];
    await until('the short one runs', () => other.order.includes(short));
    assert.deepEqual(queue.present(last)?.waitingFor, ['a free place (1 jobs are running)']);
    gates[0].resolve();
    await until('the long one continues at once', () => queue.present(long)?.progress?.step === 'end');
    await other.open(queue, short);
    assert.deepEqual(other.order, [short], 'its place is taken');
    assert.deepEqual(queue.present(last)?.waitingFor, ['a free place (1 jobs are running)']);
    gates[1].resolve();
    assert.equal(jobStatus(await end(queue, long)), 'success');
    assert.equal(jobStatus(await other.open(queue, last)), 'success');
  });

  test('a job that waited for an object which was created meanwhile locks it as everybody does', async () => {
    const { queue } = await start();
    const ids = await queue.submitMany(
      [[create('web1')], [create('WEB1')], [{ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' }]],
      alice,
    );
    const [made, refused, removed] = [await end(queue, ids[0] ?? 0), await end(queue, ids[1] ?? 0), await end(queue, ids[2] ?? 0)];
    assert.deepEqual([made, refused, removed].map(jobStatus), ['success', 'error', 'success']);
    assert.equal(errorOf(refused).code, 'NAME_TAKEN');
    assert.deepEqual(await effects(world()), []);
  });
});

/** Jobs that hold their locks until they are let go. Each says by the name of its instance which it needs, at present. */
function holders(needs: Map<string, readonly string[]>) {
  const gate = gated();
  let queue: JobQueue;
  const operation: Operation = {
    ...gate.operation,
    locks: (params) => {
      const names = needs.get(String(params['instance_name'])) ?? [];
      return names.map((name): Touch => ({ kind: 'instance', name, mode: 'exclusive' }));
    },
  };
  const begin = async (more: Operation = operation) => {
    ({ queue } = await start({ operations: operationMap(more) }));
    return queue;
  };
  const submit = (instance_name: string) => queue.submit([{ ...reboot, instance_name }], alice);
  const hasBegun = (id: number) => gate.order.includes(id);
  const runs = (id: number) => until(`job ${id} runs`, () => hasBegun(id));
  const letGo = async (id: number) => {
    await runs(id);
    assert.equal(jobStatus(await gate.open(queue, id)), 'success');
  };
  return { operation, begin, submit, runs, letGo, hasBegun };
}

const ownersIn = (queue: JobQueue) => Object.fromEntries(queue.locks().map((row) => [row.name, row.owners]));

test('a job that needs a further lock after it has waited takes it too, if it is free', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
  ]);
  const { begin, submit, runs, letGo } = holders(needs);
  const queue = await begin();
  const [a, b] = [await submit('a'), await submit('b')];
  await runs(a);
  await reaches(queue, b, 'waiting');
  needs.set('b', ['web1', 'web2']);
  await letGo(a);
  await runs(b);
  assert.deepEqual(ownersIn(queue), { 'instance/web1': [b], 'instance/web2': [b] });
  await letGo(b);
  assert.deepEqual(ownersIn(queue), {});
});

test('a job that needs a lock after it has waited which another job holds does not run before it has it', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
    ['c', ['web2']],
  ]);
  const { begin, submit, runs, letGo, hasBegun } = holders(needs);
  const queue = await begin();
  const [a, b, c] = [await submit('a'), await submit('b'), await submit('c')];
  await Promise.all([runs(a), runs(c)]);
  await reaches(queue, b, 'waiting');
  needs.set('b', ['web2', 'web1']);
  await letGo(a);
  const waits = `instance web2 (held by job ${c})`;
  await until('it waits for the other lock', async () => (await queue.look(b))?.waitingFor.includes(waits));
  assert.equal(hasBegun(b), false);
  await letGo(c);
  await runs(b);
  assert.deepEqual(ownersIn(queue), { 'instance/web1': [b], 'instance/web2': [b] });
  await letGo(b);
});

test('a job whose locks cannot be named any more after it has waited fails with the reason, and keeps no lock', async () => {
  const needs = new Map([
    ['a', ['web1']],
    ['b', ['web1']],
  ]);
  const { operation, begin, submit, runs, letGo } = holders(needs);
  let isBroken = false;
  const locks: Operation['locks'] = (params, config) => {
    if (isBroken && params['instance_name'] === 'b') throw new GantryError('JOB_UNKNOWN', { job: 4711 });
    return operation.locks?.(params, config) ?? [];
  };
  const queue = await begin({ ...operation, locks });
  const [a, b] = [await submit('a'), await submit('b')];
  await runs(a);
  await reaches(queue, b, 'waiting');
  isBroken = true;
  await letGo(a);
  assert.equal(errorOf(await reaches(queue, b, 'error')).code, 'JOB_UNKNOWN');
  assert.deepEqual(ownersIn(queue), {});
});
