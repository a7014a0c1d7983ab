import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type SimulatedMaster, startSimulatedMaster } from '../../../test/support/simulated-master.ts';
import { tester } from '../../../test/support/tester.ts';
import { until } from '../../../test/support/until.ts';
import { executeJobSets, type JobSet, moveJobSet } from '../../execution/index.ts';
import { ownJobPort } from '../../jobs/index.ts';
import { balance, createState, prepareCluster } from '../../placement/index.ts';
import { configuredCluster } from './configured-cluster.ts';

// A balance that the master plans and executes itself, through its own queue.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

const origin = { program: 'balance', comment: 'a test', now: () => 1000 };

/** Three nodes whose instances all run on the first, and the sets of jobs that spread them. */
async function crowded(): Promise<{ master: SimulatedMaster; sets: JobSet[] }> {
  const now = (master = await startSimulatedMaster(3));
  for (const name of ['web1', 'web2', 'web3']) {
    const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: name, pnode: 'node1', no_install: true, disk_template: 'sharedfile' };
    await now.run({ ...create, disks: [{ size: 64 }], beparams: { maxmem: 4096, minmem: 4096 } });
  }
  const { config, live } = now.leading.services;
  for (const node of now.simulation.nodes) await live.refresh(node);
  const prepared = prepareCluster(configuredCluster(config.current, live).data);
  const moves = [...balance(createState(prepared))];
  return { master: now, sets: moves.map((move) => moveJobSet(prepared, [{ move }], 'Moving')) };
}

const where = ({ leading, simulation }: SimulatedMaster) =>
  simulation.nodes.map((node) => leading.services.config.current.instancesOf(node).primary.length);

test('a plan is executed set by set', async () => {
  const { master: now, sets } = await crowded();
  assert.equal(sets.length, 2);
  const submitted: number[] = [];
  const port = ownJobPort(now.leading.services.jobs, tester);
  const { done, left, failed } = await executeJobSets(sets, port, origin, { onSubmitted: (jobs) => void submitted.push(...jobs) });
  assert.deepEqual([done.map(({ jobs }) => jobs.map(({ status }) => status)), left, failed], [[['success'], ['success']], [], undefined]);
  assert.deepEqual(where(now), [1, 1, 1]);
  const job = await now.leading.services.jobs.get(submitted[0] ?? 0);
  assert.equal(job?.user, 'tester');
  assert.deepEqual((job?.ops[0]?.input['reason'] as unknown[][])[0], ['balance', 'balance (gantry) called', 1_000_000_000]);
});

test('a set that fails is the last; a cancelled one, too, and its jobs are cancelled', async () => {
  const { master: now, sets } = await crowded();
  const { jobs } = now.leading.services;
  const port = ownJobPort(jobs, tester);
  const gone = { title: 'gone', jobs: [[{ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'nobody' }]] };
  const { done, left, failed } = await executeJobSets([gone, ...sets], port, origin);
  assert.deepEqual([done, left], [[], sets]);
  assert.match(failed?.causes.join() ?? '', /^job \d+: .*nobody/);

  const gate = Promise.withResolvers<void>();
  now.simulation.hold('migration-accept', gate.promise);
  const cancel = new AbortController();
  const executing = executeJobSets(sets, port, origin, { cancel: cancel.signal });
  const waits = () => jobs.list().find((job) => jobs.present(job.id)?.progress?.step === 'prepare the target');
  const job = await until('a job stands', waits);
  cancel.abort();
  await until('it is told', () => jobs.present(job.id)?.job.ops[0]?.status === 'canceling');
  gate.resolve();
  const ended = await executing;
  assert.deepEqual([ended.done, ended.failed?.jobs, ended.left.length], [[], [{ job: job.id, status: 'canceled' }], 1]);
  assert.deepEqual(where(now), [3, 0, 0]);
});

test('what is refused, and a stop, begin nothing', async () => {
  const { master: now, sets } = await crowded();
  const port = ownJobPort(now.leading.services.jobs, tester);
  const wrong = [{ title: 'wrong', jobs: [[{ OP_ID: 'OP_NONE' }]] }];
  await assert.rejects(executeJobSets(wrong, port, origin), { code: 'HTOOLS_JOB_REFUSED' });
  const stopped = await executeJobSets(sets, port, origin, { stop: AbortSignal.abort() });
  assert.deepEqual([stopped.done, stopped.left], [[], sets]);
});
