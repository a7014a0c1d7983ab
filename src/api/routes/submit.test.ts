import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuthorizationRequest, createAccessControl, type Principal } from '../../access/index.ts';
import { silentOperation } from '../../base/index.ts';
import type { OpInput } from '../../jobs/index.ts';
import type { ApiContext } from '../api-options.ts';
import type { ApiRequest } from './route.ts';
import { submitFrom, submitJob } from './submit.ts';

const alice = { name: 'alice', scheme: 'users-file', groups: [], options: ['write'] };
const now = 1_700_000_000_123.4;
const time = 1_700_000_000_123_000_000;

function contextThat(allows: (permission: string) => boolean) {
  const submitted: { ops: readonly OpInput[]; user: Principal; once: unknown }[] = [];
  const audit: unknown[] = [];
  const asked: AuthorizationRequest[] = [];
  const log = { info: (facts: unknown) => audit.push(facts), warn: (facts: unknown) => audit.push(facts) } as never;
  const context = {
    services: {
      jobs: {
        submit: async (ops: readonly OpInput[], user: Principal, once: unknown) => submitted.push({ ops, user, once }) + 40,
      },
      clock: { now: () => now },
      log,
      access: createAccessControl({
        authorizer: {
          decide: async (request) => {
            asked.push(request);
            return { allowed: allows(request.permission) };
          },
        },
        config: { current: { instances: { find: () => undefined } } as never },
        job: () => undefined,
        log,
      }),
    },
  } as unknown as ApiContext;
  return { context, submitted, audit, asked };
}

const start = { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'web1' };
const remove = { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'web1' };

test('opcodes are decided on one by one, submitted as one job, and audited with its number', async () => {
  const { context, submitted, audit, asked } = contextThat(() => true);
  assert.equal(await submitJob(context, alice, [start, remove]), 41);
  const objects = [{ kind: 'instance', name: 'web1' }];
  const resolved = [{ kind: 'instance', name: 'web1', tags: [] }];
  const asks = asked.map(({ principal, permission, opcode, objects }) => ({ principal, permission, opcode, objects }));
  assert.deepEqual(asks, [
    { principal: alice, permission: 'instance:startup', opcode: { id: 'OP_INSTANCE_STARTUP', params: start }, objects: resolved },
    { principal: alice, permission: 'instance:remove', opcode: { id: 'OP_INSTANCE_REMOVE', params: remove }, objects: resolved },
  ]);
  const reason = [['gnt:library:rapi', '', time]];
  assert.deepEqual(submitted, [
    {
      ops: [
        { ...start, reason },
        { ...remove, reason },
      ],
      user: alice,
      once: undefined,
    },
  ]);
  assert.deepEqual(audit, [
    { audit: true, user: 'alice', opcode: 'OP_INSTANCE_STARTUP', objects, job: 41 },
    { audit: true, user: 'alice', opcode: 'OP_INSTANCE_REMOVE', objects, job: 41 },
  ]);
});

test('nothing is submitted when one of them is not allowed or not valid', async () => {
  const { context, submitted, audit } = contextThat((permission) => permission !== 'instance:remove');
  await assert.rejects(submitJob(context, alice, [start, remove]), {
    code: 'API_FORBIDDEN',
    facts: { user: 'alice', permission: 'instance:remove' },
  });
  const [line] = audit as { decision: string }[];
  assert.deepEqual([line?.decision, audit.length], ['refused', 1]);
  await assert.rejects(submitJob(context, alice, [start, { OP_ID: 'OP_NOTHING' }]), { code: 'INPUT_INVALID' });
  assert.deepEqual(submitted, []);
});

test('the trail of reasons is kept, and followed by the way that the job came', async () => {
  const { context, submitted } = contextThat(() => true);
  const own = [['gnt:client:x', 'why', 1]];
  await submitJob(context, alice, [{ ...start, reason: own }]);
  await submitJob(context, alice, [{ ...start, reason: [] }]);
  const request = { user: alice, operation: silentOperation, query: { reason: 'because' }, headers: {} } as unknown as ApiRequest;
  await submitFrom('/2/instances/{instance_name}/startup', request, context, { ...start, reason: own });
  await submitFrom('/2/instances/{instance_name}/startup', { ...request, query: {} }, context, start);
  const resource = ['gnt:library:rlib2:instances_name_startup', '', time];
  assert.deepEqual(
    submitted.map(({ ops: [op] }) => op?.['reason']),
    [own, [['gnt:library:rapi', '', time]], [...own, ['gnt:user', 'because', time], resource], [resource]],
  );
});

test('a key goes with a fingerprint of what was asked for and why, not when', async () => {
  const { context, submitted } = contextThat(() => true);
  const send = (query: object, op: object = start) =>
    submitFrom(
      '/2/instances/{instance_name}/startup',
      { user: alice, operation: silentOperation, query, headers: { 'idempotency-key': 'k' } } as unknown as ApiRequest,
      context,
      {
        ...op,
      },
    );
  await send({ reason: 'one' });
  await send({ reason: 'one' });
  await send({ reason: 'two' });
  await send({});
  await send({}, remove);
  await submitJob(context, alice, [start], { key: 'k' });
  const prints = submitted.map(({ once }) => once as { key: string; fingerprint: string });
  assert.ok(prints.every(({ key, fingerprint }) => key === 'k' && /^[0-9a-f]{64}$/.test(fingerprint)));
  assert.equal(prints[0]?.fingerprint, prints[1]?.fingerprint);
  assert.equal(new Set(prints.map(({ fingerprint }) => fingerprint)).size, 5);
});
