import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, type JsonObject } from '../base/index.ts';
import type { JobOp } from '../model/index.ts';
import { ganetiOpresult } from './ganeti-opresult.ts';
import { pythonText } from './python-text.ts';

type Shown = Pick<JobOp, 'input' | 'status' | 'result' | 'execution'>;
const done = (OP_ID: string, result: unknown, more: object = {}): Shown => ({ input: { OP_ID, ...more }, status: 'success', result });

const refused = (code: ConstructorParameters<typeof GantryError>[0], facts: JsonObject): unknown => {
  return ganetiOpresult({ input: { OP_ID: 'OP_X' }, status: 'error', result: { error: new GantryError(code, facts).toReport() } });
};

test('results are those that were captured from Ganeti', () => {
  const move = { node: 'node2', downtime_ms: 3, total_ms: 20, ram_mib: 64 };
  assert.equal(ganetiOpresult(done('OP_INSTANCE_MIGRATE', move)), null);
  assert.equal(ganetiOpresult(done('OP_INSTANCE_FAILOVER', { node: 'node2' })), null);
  const drained = [
    ['drained', true],
    ['master_candidate', false],
    ['ndparams', { ssh_port: 23 }],
  ];
  assert.deepEqual(ganetiOpresult(done('OP_NODE_SET_PARAMS', drained)), [
    ['master_candidate', 'False'],
    ['drained', 'True'],
  ]);
  assert.deepEqual(ganetiOpresult(done('OP_NODE_SET_PARAMS', [])), []);
  const group = [
    ['alloc_policy', 'last_resort'],
    ['ndparams', { ssh_port: 23, ovs: true }],
  ];
  assert.deepEqual(ganetiOpresult(done('OP_GROUP_SET_PARAMS', group)), [['ndparams', "{'ssh_port': 23, 'ovs': True}"]]);
  assert.deepEqual(ganetiOpresult(done('OP_NODE_EVACUATE', { jobs: [[true, 7]] })), { jobs: [[true, 7]] });
});

test('a dry run has no result, except that of a creation: the nodes', () => {
  const plan = { instance: { primary_node: 'uuid-1', secondary_nodes: ['uuid-2'] } };
  assert.deepEqual(ganetiOpresult(done('OP_INSTANCE_CREATE', plan, { dry_run: true })), ['uuid-1', 'uuid-2']);
  assert.deepEqual(ganetiOpresult(done('OP_INSTANCE_CREATE', ['node1'], { dry_run: false })), ['node1']);
  assert.equal(ganetiOpresult(done('OP_GROUP_SET_PARAMS', { uuid: 'x' }, { dry_run: true })), null);
});

test("errors that scripts look for have Ganeti's words and code", () => {
  const known = (kind: string) => refused('OBJECT_UNKNOWN', { kind, name: 'x' });
  assert.deepEqual(known('instance'), ['OpPrereqError', ["Instance 'x' not known", 'unknown_entity']]);
  assert.deepEqual(known('node'), ['OpPrereqError', ["Node 'x' not known", 'unknown_entity']]);
  assert.deepEqual(known('group'), ['OpPrereqError', ["Node group 'x' not found", 'unknown_entity']]);
  assert.deepEqual(known('network'), ['OpPrereqError', ["Network 'x' not found", 'unknown_entity']]);
  assert.deepEqual(refused('NAME_TAKEN', { kind: 'instance', name: 'x' }), [
    'OpPrereqError',
    ["Instance 'x' is already in the cluster", 'already_exists'],
  ]);
  assert.deepEqual(refused('INSTANCE_NOT_MOVABLE', { name: 'x', template: 'file', node: 'n' }), [
    'OpPrereqError',
    ["Instance's disk layout 'file' does not allow migrations", 'wrong_state'],
  ]);
  assert.deepEqual(refused('NODE_OFFLINE', { name: 'n' }), ['OpPrereqError', ["Can't use offline node: n", 'wrong_state']]);
});

test('an error after the beginning keeps its own words', () => {
  const error = new GantryError('NODE_OFFLINE', { name: 'n' });
  const op = { input: {}, status: 'error', result: { error: error.toReport() } } as const;
  const execution = { plan: null, outcomes: [] };
  assert.deepEqual(ganetiOpresult({ ...op, execution }), ['OpExecError', [error.message]]);
});

test('values as Python shows them', () => {
  assert.equal(pythonText({ a: [1, 1.5, null, false], "b'": 'x' }), "{'a': [1, 1.5, None, False], 'b\\'': 'x'}");
});
