import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, type JsonObject } from '../../base/index.ts';
import type { JobOp } from '../../model/index.ts';
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

test("refusals of changes of nodes, and of what is taken, have Ganeti's words for the opcode", () => {
  const of = (OP_ID: string, code: ConstructorParameters<typeof GantryError>[0], facts: JsonObject) =>
    ganetiOpresult({ input: { OP_ID }, status: 'error', result: { error: new GantryError(code, facts).toReport() } });
  const master = { name: 'n', problem: 'it must stay' };
  const cases: [unknown, string, string][] = [
    [of('OP_NODE_SET_PARAMS', 'NODE_IS_MASTER', master), 'The master role can be changed only via master-failover', 'wrong_input'],
    [of('OP_NODE_REMOVE', 'NODE_IS_MASTER', master), 'Node is the master node, failover to another node is required', 'wrong_input'],
    [
      of('OP_NODE_REMOVE', 'NODE_NOT_EMPTY', { name: 'n', instances: 'a, b' }),
      'Instance a is still running on the node, please remove first',
      'wrong_state',
    ],
    [
      of('OP_NODE_SET_PARAMS', 'NODE_NOT_EMPTY', { name: 'n', instances: 'a, b' }),
      'Node n hosts instances, cannot unset the vm_capable flag',
      'wrong_state',
    ],
    [
      of('OP_NODE_SET_PARAMS', 'CANDIDATES_TOO_FEW', { left: 1, wanted: 2 }),
      'Not enough master candidates, please pass auto promote option to allow promotion (--auto-promote or RAPI auto_promote=True)',
      'wrong_state',
    ],
    [
      of('OP_INSTANCE_CREATE', 'PLACEMENT_IMPOSSIBLE', { subject: 'x', refusals: 'n: full' }),
      "Can't compute nodes using iallocator 'hail': n: full",
      'insufficient_resources',
    ],
    [
      of('OP_INSTANCE_CREATE', 'CLAIM_TAKEN', { what: 'MAC address', value: 'aa:bb', owner: 'instance x' }),
      'MAC address aa:bb already in use in cluster',
      'resource_not_unique',
    ],
    [
      of('OP_INSTANCE_CREATE', 'CLAIM_TAKEN', { what: 'IP address', value: '10.0.0.1', owner: 'node n' }),
      'IP address 10.0.0.1 already in use by node n',
      'resource_not_unique',
    ],
    [of('OP_TAGS_SET', 'TAGS_TOO_MANY', { subject: 'x', count: 9, limit: 8 }), 'Too many tags', 'wrong_input'],
    [of('OP_INSTANCE_CREATE', 'NODE_OFFLINE', { name: 'n' }), "Cannot use offline primary node 'n'", 'wrong_state'],
    [of('OP_INSTANCE_CREATE', 'NODE_DRAINED', { name: 'n' }), "Cannot use drained primary node 'n'", 'wrong_state'],
    [
      of('OP_INSTANCE_FAILOVER', 'OBJECT_UUID_DIFFERS', { kind: 'node', name: 'n', uuid: 'u1', expected: 'u2' }),
      "The nodes UUID 'u1' does not match the expected UUID 'u2' for node 'n'. Maybe the node changed since you submitted this job.",
      'resource_not_unique',
    ],
  ];
  for (const [shown, text, code] of cases) assert.deepEqual(shown, ['OpPrereqError', [text, code]]);
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
