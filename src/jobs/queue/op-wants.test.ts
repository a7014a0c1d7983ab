import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LockLevel, lockLevels, type Touch } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { withExecution } from '../record/job-changes.ts';
import { newRecord } from '../record/job-record.ts';
import type { Operation, Step } from '../saga/operation.ts';
import type { SagaHost } from '../saga/saga-host.ts';
import { alice } from '../testing/queue-fixture.ts';
import { operationMap, testSteps } from '../testing/test-operations.ts';
import { buildJob } from './build-job.ts';
import { opWants } from './op-wants.ts';

/** One object of each kind: of kind `node` the one with UUID `uuid-node` and name `the-node`. */
const lookup = (kind: string) => ({
  find: (name: string) => (name === `uuid-${kind}` || name === `the-${kind}` ? { uuid: `uuid-${kind}`, name: `the-${kind}` } : undefined),
});
const current = {
  instances: lookup('instance'),
  nodes: lookup('node'),
  groups: lookup('group'),
  networks: lookup('network'),
} as unknown as ConfigSnapshot;
const hostOf = (...operations: Operation[]) => ({ operations: operationMap(...operations), config: { current } }) as unknown as SagaHost;
const job = buildJob(1, [{ OP_ID: 'OP_INSTANCE_REBOOT', instance_name: 'the-instance' }], alice, 0, []);
const record = newRecord(job, 1);
const short = (wants: ReturnType<typeof opWants>) => wants.map(({ level, key, label }) => `${level}/${key} ${label}`);

test('each kind of object is locked under its name and its UUID, wherever it may be found', () => {
  const uuidOf = (kind: LockLevel) => (kind === 'sending' ? 'uuid-node' : `uuid-${kind}`);
  const touches = lockLevels.map((kind): Touch => ({ kind, name: uuidOf(kind), mode: 'shared' }));
  const wants = opWants(hostOf(testSteps([], touches)), record, 0);
  const found = ['instance', 'node', 'sending', 'group', 'network'];
  for (const kind of lockLevels) {
    const name = `the-${kind === 'sending' ? 'node' : kind}`;
    const ofKind = short(wants.filter(({ level }) => level === kind)).toSorted();
    const expected = found.includes(kind)
      ? [`${kind}/${name} ${name}`, `${kind}/${uuidOf(kind)} ${name}`]
      : [`${kind}/${uuidOf(kind)} ${uuidOf(kind)}`];
    assert.deepEqual(ofKind, expected.toSorted(), kind);
  }
});

test('without locks of its own an operation locks what its opcode touches, also when it is not known here', () => {
  for (const host of [hostOf(testSteps([])), hostOf()]) {
    const wants = short(opWants(host, record, 0));
    assert.ok(wants.includes('instance/the-instance the-instance') && wants.includes('instance/uuid-instance the-instance'), String(wants));
  }
});

test('the parameters and the configuration decide which locks are needed', () => {
  const seen: unknown[] = [];
  const operation: Operation = { ...testSteps([]), locks: (params, config) => (seen.push(params['instance_name'], config), []) };
  assert.deepEqual(opWants(hostOf(operation), record, 0), []);
  assert.deepEqual(seen, ['the-instance', current]);
});

test('an opcode that goes on does not take `allocation` again when it had given it back', () => {
  const touches: Touch[] = [
    { kind: 'allocation', name: 'allocation', mode: 'exclusive' },
    { kind: 'instance', name: 'web1', mode: 'exclusive' },
  ];
  const steps: Step<null>[] = [
    { id: 'look', title: 'look', do: async () => undefined },
    { id: 'prepare', title: 'prepare', commit: () => undefined },
    { id: 'reserve', title: 'reserve', commit: () => undefined, releases: ['allocation'] },
    { id: 'work', title: 'work', do: async () => undefined },
  ];
  const begun = (...done: string[]) => {
    const outcomes = done.map((step) => ({ step, result: null, at: 1 }));
    return newRecord(withExecution(0, { plan: null, outcomes })(job), 1);
  };
  const levels = (of: ReturnType<typeof begun>, host = hostOf(testSteps(steps, touches))) => opWants(host, of, 0).map(({ level }) => level);
  const both = ['instance', 'allocation'].toSorted();
  assert.deepEqual(levels(record).toSorted(), both);
  assert.deepEqual(levels(begun()).toSorted(), both);
  assert.deepEqual(levels(begun('look', 'prepare')).toSorted(), both);
  assert.deepEqual(levels(begun('look', 'prepare', 'reserve')), ['instance']);
  assert.deepEqual(levels(begun('look', 'prepare', 'reserve', 'work')), ['instance']);
  assert.ok(levels(begun('reserve'), hostOf()).includes('instance'), 'an operation that is not known here');
});
