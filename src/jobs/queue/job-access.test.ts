/** Nothing gets into the queue, and no opcode begins, without a decision about the principal of its job. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessControl, createAccessControl, optionsAuthorizer, watcherPrincipal } from '../../access/index.ts';
import { GantryError, silentLog } from '../../base/index.ts';
import { jobStatus, keys, opcodes } from '../../model/index.ts';
import { defineOperation, type Operation } from '../saga/operation.ts';
import { userNamed } from '../testing/queue-fixture.ts';
import { operationMap } from '../testing/test-operations.ts';
import { create, end, noop, reboot, testQueues } from '../testing/test-queues.ts';
import { buildJob } from './build-job.ts';

const { start } = testQueues();

const alice = { name: 'alice', scheme: 'ldap', groups: ['staff'], options: ['write'] };
/** As in a master. */
const byOptions = createAccessControl({
  authorizer: optionsAuthorizer,
  config: { current: {} as never },
  job: () => undefined,
  log: silentLog,
});
const forbidden = { code: 'API_FORBIDDEN' };

/** Refuses what is named, and remembers who asked for what. */
function gatekeeper(refuses: (opcode: string) => boolean) {
  const asked: string[] = [];
  const access: Pick<AccessControl, 'requireOpcodes' | 'sightOf'> = {
    sightOf: () => undefined,
    requireOpcodes: async ({ name, scheme, groups }, ops) => {
      for (const { definition } of ops) {
        asked.push([`${scheme}/${name}`, ...groups, definition.id].join(' '));
        if (refuses(definition.id)) throw new GantryError('API_FORBIDDEN', { user: name, permission: definition.permission });
      }
    },
  };
  return { asked, access };
}

test('all jobs of a submission are decided on before any is stored', async () => {
  const { asked, access } = gatekeeper((id) => id === 'OP_INSTANCE_REBOOT');
  const { queue } = await start({ access });
  await assert.rejects(queue.submitMany([[noop], [noop, reboot], [noop]], alice), forbidden);
  assert.deepEqual(
    asked,
    ['OP_TEST_DELAY', 'OP_TEST_DELAY', 'OP_INSTANCE_REBOOT'].map((id) => `ldap/alice staff ${id}`),
  );
  await assert.rejects(queue.submit([{ ...reboot, dry_run: true }], alice), forbidden, 'a dry run is no way around');
  await assert.rejects(queue.submit([{ ...reboot, depends: [[-1, []]] }], alice), forbidden);
  assert.deepEqual(queue.list(), []);
  assert.equal(await queue.submit([noop], alice), 1, 'no number is lost');
});

test('a repeated submission is decided on like the first', async () => {
  let refuses = false;
  const { access } = gatekeeper(() => refuses);
  const { queue } = await start({ access });
  const once = { key: 'k', fingerprint: 'f' };
  assert.equal(await queue.submit([noop], alice, once), 1);
  refuses = true;
  await assert.rejects(queue.submit([noop], alice, once), forbidden);
});

test('the principal is stored with the job, without anything else that its credentials had', async () => {
  const { queue, store } = await start({});
  const id = await queue.submit([noop], { ...alice, limits: { until: 5, readOnly: true } });
  await end(queue, id);
  const stored = JSON.parse((await store.get(keys.job(id)))?.value ?? '{}') as Record<string, unknown>;
  assert.deepEqual([stored['user'], stored['principal']], ['alice', alice]);
});

/** An evacuation of which all is left out but that it submits a job. */
const parent = (): Operation =>
  defineOperation(opcodes.nodeEvacuate, {
    plan: async () => null,
    steps: () => [
      {
        id: 'submit',
        title: 'submit a job',
        do: async ({ submitJobs }) => [...(await submitJobs([[reboot]]))],
      },
    ],
    result: () => ({ jobs: [] }) as never,
  });
const evacuate = { OP_ID: 'OP_NODE_EVACUATE', node_name: 'node1' };

test('a child job belongs to who submitted its parent, and is decided on', async () => {
  const { asked, access } = gatekeeper((id) => id === 'OP_INSTANCE_REBOOT');
  const fixture = await start({ access, operations: operationMap(parent()) });
  const job = await end(fixture.queue, await fixture.queue.submit([evacuate], alice));
  assert.equal(jobStatus(job), 'error');
  assert.equal((job.ops[0]?.result as { error: { code: string } }).error.code, 'API_FORBIDDEN');
  assert.deepEqual(
    asked,
    ['OP_NODE_EVACUATE', 'OP_NODE_EVACUATE', 'OP_INSTANCE_REBOOT'].map((id) => `ldap/alice staff ${id}`),
  );
  assert.deepEqual(
    fixture.queue.list().map(({ id }) => id),
    [job.id],
  );
});

test('the parent of an earlier version may go on: only users with write could submit it', async () => {
  const idle = await start({ idle: true });
  const { principal: _, ...old } = buildJob(1, [evacuate], userNamed('bob'), 0, []);
  await idle.store.transact({ compares: [], writes: [{ type: 'put', key: keys.job(1), value: JSON.stringify(old) }] });
  await idle.close();
  const fixture = await start({ access: byOptions, operations: operationMap(parent()) });
  assert.equal(jobStatus(await end(fixture.queue, 1)), 'success');
  const child = await fixture.queue.get(2);
  assert.deepEqual(child?.principal, { name: 'bob', scheme: 'users-file', groups: [], options: ['write'] });
});

test('an opcode is decided on again when it begins: its name may stand for another object then', async () => {
  let refuses = false;
  const { access } = gatekeeper((id) => refuses && id === 'OP_INSTANCE_REMOVE');
  const fixture = await start({ access });
  await end(fixture.queue, await fixture.queue.submit([create('web1')], alice));
  const first = await fixture.queue.submit([{ ...noop, duration: 0.2 }], alice);
  const id = await fixture.queue.submit([{ OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1', depends: [[first, []]] }], alice);
  refuses = true;
  const job = await end(fixture.queue, id);
  assert.equal((job.ops[0]?.result as { error: { code: string } }).error.code, 'API_FORBIDDEN');
  assert.equal(fixture.config.current.instances.find('web1')?.name, 'web1');
});

test('the watcher gets no other opcode into the queue than the one that it needs', async () => {
  const { queue } = await start({ access: byOptions });
  await queue.submit([{ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1' }], watcherPrincipal);
  for (const op of [noop, reboot, create('web2'), { OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: 'web1' }])
    await assert.rejects(queue.submit([op], watcherPrincipal), forbidden);
});
