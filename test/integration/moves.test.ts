import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { GantryError } from '../../src/base/index.ts';
import { jobEnd } from '../../src/cluster/index.ts';
import { type SimulatedMaster, startSimulatedMaster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// Moves and removals of instances that are not where, or not as, the configuration says. Agents and jobs are real.

let master: SimulatedMaster | undefined;

afterEach(async () => {
  await master?.close();
  master = undefined;
});

const create = { OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1', pnode: 'node1', no_install: true, disks: [{ size: 64 }] };
const migrate = { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', target_node: 'node2' };
interface Problem {
  readonly code: string;
  readonly text: string;
}

async function verify({ leading }: SimulatedMaster): Promise<readonly Problem[]> {
  const { jobs } = leading.services;
  const id = await jobs.submit([{ OP_ID: 'OP_CLUSTER_VERIFY' }], tester);
  await jobEnd(jobs, id);
  return ((await jobs.get(id))?.ops[0]?.result as { problems: readonly Problem[] }).problems;
}

const primaryName = ({ leading }: SimulatedMaster) => {
  const { current } = leading.services.config;
  return current.nodes.get(current.instances.find('web1')?.primary_node ?? '')?.name;
};

test('migrating a stopped instance is refused, and with allow_failover changes its node alone', async () => {
  master = await startSimulatedMaster(3);
  await master.run({ ...create, start: false });
  await assert.rejects(master.run(migrate), { code: 'INSTANCE_NOT_RUNNING' });
  assert.equal(primaryName(master), 'node1');
  await master.run({ ...migrate, allow_failover: true });
  assert.equal(primaryName(master), 'node2');
  for (const node of master.simulation.nodes) assert.deepEqual(master.simulation.inspect(node).machines, []);
});

test('disks are not taken from under a copy that runs on another node', async () => {
  master = await startSimulatedMaster(3);
  await master.run(create);
  const [, target] = master.simulation.nodes as unknown as [string, string];
  const lost = new GantryError('NODE_TIMED_OUT', { node: 'node', method: 'any', seconds: 1 });
  master.simulation.addFault({ method: 'migration-send', nth: 1, error: lost, when: 'after' });
  master.simulation.addFault({ method: 'instance-list', node: target, nth: 2, error: lost });
  await assert.rejects(master.run(migrate), { code: 'JOB_UNDO_FAILED' });
  await master.leading.services.live.refresh(target);
  const problems = await verify(master);
  assert.ok(
    problems.some((problem) => problem.code === 'VERIFY_INSTANCE_WRONG_NODE'),
    JSON.stringify(problems),
  );
  assert.ok(
    problems.some(({ code, text }) => code === 'VERIFY_INSTANCE_MOVE_ENDED' && /resources are still reserved for it on node2/.test(text)),
  );
  const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };
  await assert.rejects(master.run(remove), { code: 'INSTANCE_ON_OTHER_NODE' });
  await master.run({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'web1', cleanup: true });
  assert.deepEqual(await verify(master), []);
  await master.run(remove);
  assert.equal(master.leading.services.config.current.instances.size, 0);
});

test('what no policy allows is told as that, and changes nothing', async () => {
  master = await startSimulatedMaster(3);
  const { pnode: _placed, ...anywhere } = create;
  // More than the simulated shared storage has.
  const huge = { ...anywhere, disks: [{ size: 1024 * 1024 * 1024 }] };
  await assert.rejects(master.run(huge), { code: 'IPOLICY_VIOLATED' });
  await assert.rejects(master.run({ ...huge, ignore_ipolicy: true }), { code: 'PLACEMENT_IMPOSSIBLE' });
  assert.equal(master.leading.services.config.current.instances.size, 0);
});
