import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GantryError, version } from '../../base/index.ts';
import { Loopback, withCode } from '../testing/loopback.ts';
import { isMethodUnknown } from './is-method-unknown.ts';
import { versionProblem } from './version-problem.ts';

let loopback: Loopback;
before(async () => {
  loopback = await Loopback.create();
});
after(() => loopback.close());

/** What an agent of another version answers: it checks calls against its own contract. */
const ofAnother = (error: GantryError) => async (): Promise<never> => {
  throw error;
};
const call = async (error: GantryError) => {
  const { target } = await loopback.agent(ofAnother(error));
  return (await loopback.client(target)).call('node-uuid', 'os-list', {});
};

test('what an agent of another version does not know is refused with both versions', async () => {
  const unknown = new GantryError('RPC_METHOD_UNKNOWN', { method: 'POST /rpc/os-list', version: '0.0.9' });
  await assert.rejects(
    call(unknown),
    withCode(
      'NODE_VERSION_UNFIT',
      new RegExp(`agent of node n1 has version 0\\.0\\.9 .*version ${version}, asks of it \\(os-list\\).*no method`),
    ),
  );
  const facts = { subject: 'call os-list', field: 'shade', problem: 'is missing', version: '0.9.0' };
  await assert.rejects(call(new GantryError('INPUT_INVALID', facts)), withCode('NODE_VERSION_UNFIT', /0\.9\.0.*shade/));
});

test('agents that do not say which version they have are of another one', async () => {
  const { version: _, ...facts } = { method: 'x', version };
  await assert.rejects(call(new GantryError('RPC_METHOD_UNKNOWN', facts)), withCode('NODE_VERSION_UNFIT', /version unknown/));
});

test('whoever can do without a method finds out that the agent does not have it', async () => {
  const thrown = (error: GantryError) =>
    call(error).then(
      () => assert.fail('it has it'),
      (problem: unknown) => problem,
    );
  const unknown = { method: 'POST /rpc/os-list' };
  for (const facts of [unknown, { ...unknown, version }, { ...unknown, version: '0.0.9' }])
    assert.equal(isMethodUnknown(await thrown(new GantryError('RPC_METHOD_UNKNOWN', facts))), true);
  const parameter = { subject: 'call os-list', field: 'shade', problem: 'is not known here', version: '0.0.9' };
  assert.equal(isMethodUnknown(await thrown(new GantryError('INPUT_INVALID', parameter))), false);
  assert.equal(isMethodUnknown(new Error('x')), false);
});

test('everything else stays what it is', () => {
  const same = new GantryError('INPUT_INVALID', { subject: 'call os-list', field: 'x', problem: 'is missing', version });
  const elsewhere = new GantryError('INPUT_INVALID', { subject: 'instance web1', field: 'x', problem: 'is missing' });
  for (const error of [same, elsewhere, new GantryError('NODE_TIMED_OUT'), new Error('x'), undefined])
    assert.equal(versionProblem(error, 'n1', 'os-list'), undefined);
});

test('an agent says which version it has when it does not know a call or a parameter', async () => {
  const { port } = await loopback.agent(async () => assert.fail('dispatched'));
  for (const path of ['/rpc/nothing', '/rpc/disk-create']) {
    const { line } = await loopback.raw({ port, path, headers: { 'gantry-term': '1', 'gantry-step': 's' } });
    assert.equal((line as { error: { facts: { version?: string } } }).error.facts.version, version, path);
  }
});

test('what a later agent adds to its answers, and disk templates that only it has, disturb nobody', async () => {
  const { target } = await loopback.agent(async () => ({ ...info, disk_templates: ['file', 'holographic'], shade: 'blue' }));
  const answer = await (await loopback.client(target)).call('node-uuid', 'node-info', {});
  assert.deepEqual(answer.disk_templates, ['file', 'holographic']);
});

const info = {
  ...{ name: 'n1', version: '99.0.0', boot_id: 'b', memory_total: 1, memory_free: 1, memory_dom0: 1, disk_total: 1, disk_free: 1 },
  ...{ cpu_total: 1, cpu_nodes: 1, cpu_sockets: 1, hypervisors: {} },
};
