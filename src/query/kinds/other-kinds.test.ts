import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defaultBeparams,
  defaultIpolicy,
  defaultNdparams,
  type Job,
  type Network,
  type Node,
  type NodeGroup,
  sealedPrefix,
} from '../../model/index.ts';
import { toCell } from '../fields/cell.ts';
import type { Field } from '../fields/field.ts';
import { showJson } from '../filter/show-json.ts';
import type { LockRow, View } from '../view.ts';
import { groupKind } from './group-kind.ts';
import { jobKind } from './job-kind.ts';
import { lockKind } from './lock-kind.ts';
import { networkKind } from './network-kind.ts';
import { nodeKind } from './node-kind.ts';
import { opError } from './op-error.ts';

const instance = (name: string, ips: (string | null)[] = [], network = 'lan') => ({ name, nics: ips.map((ip) => ({ ip, network })) });
const [web2, web10, db] = [instance('web2', ['10.0.0.5', null]), instance('web10', ['10.0.0.6'], 'other'), instance('db', ['10.0.0.7'])];
const node = (uuid: string, more: Partial<Node> = {}) =>
  ({ uuid, name: uuid, group: 'g1', offline: false, powered: true, ndparams: {}, ...more }) as Node;
const nodes = [node('n1'), node('n10'), node('n2', { group: 'g2' })];
const noInstances = { primary: [], secondary: [] };

function viewWith(report?: object): View {
  return {
    config: {
      cluster: { master_node: 'n1', ndparams: defaultNdparams, ipolicy: defaultIpolicy, beparams: defaultBeparams, diskparams: {} },
      nodes: new Map(nodes.map((one) => [one.uuid, one])),
      groups: new Map([
        ['g1', { uuid: 'g1', name: 'default', ndparams: { cpu_speed: 3 }, ipolicy: {}, diskparams: {} }],
        ['g2', { uuid: 'g2', name: 'other', ndparams: {}, ipolicy: {}, diskparams: {} }],
      ]),
      instances: new Map([web2, web10, db].map((one) => [one.name, one])),
      instancesOf: (uuid: string) =>
        uuid === 'n1' ? { primary: [web10, web2], secondary: [db] } : uuid === 'n10' ? { primary: [db], secondary: [] } : noInstances,
    },
    live: { node: () => report },
    jobs: { present: (job: number) => ({ waitingFor: [`job ${job}`] }) },
  } as unknown as View;
}

const info = {
  boot_id: 'b',
  cpu_total: 8,
  cpu_nodes: 2,
  cpu_sockets: 1,
  memory_total: 1000,
  memory_free: 600,
  memory_dom0: 100,
  disk_total: 50,
  disk_free: 20,
};
const cellsOf =
  <Item>(fields: readonly Field<Item>[]) =>
  (names: string, item: Item, view: View) =>
    names.split(' ').map((name) => {
      const found = fields.find((one) => one.name === name) ?? assert.fail(name);
      return toCell(found.get(item, view));
    });

test('a node tells its instances in the order of their names, and its place', () => {
  const cells = cellsOf(nodeKind.fields);
  const view = viewWith();
  assert.deepEqual(cells('master pinst_cnt sinst_cnt pinst_list sinst_list group group.uuid', nodes[0] as Node, view), [
    [0, true],
    [0, 2],
    [0, 1],
    [0, ['web2', 'web10']],
    [0, ['db']],
    [0, 'default'],
    [0, 'g1'],
  ]);
  assert.deepEqual(cells('master role', nodes[1] as Node, view), [
    [0, false],
    [0, 'R'],
  ]);
  assert.deepEqual(cells('ndparams ndp/cpu_speed custom_ndparams', node('n1', { ndparams: { spindle_count: 4 } }), view), [
    [0, { ...defaultNdparams, cpu_speed: 3, spindle_count: 4 }],
    [0, 3],
    [0, { spindle_count: 4 }],
  ]);
  assert.deepEqual(cells('ndparams ndp/cpu_speed group', node('x', { group: 'gone' }), view), [
    [2, null],
    [2, null],
    [2, null],
  ]);
});

test('whether a node is powered is known where a program tells', () => {
  const cells = cellsOf(nodeKind.fields);
  const told = node('n1', { ndparams: { oob_program: '/bin/oob' } });
  assert.deepEqual(cells('powered', told, viewWith()), [[0, true]]);
  assert.deepEqual(cells('powered', { ...told, powered: false }, viewWith()), [[0, false]]);
  assert.deepEqual(cells('powered', node('n1'), viewWith()), [[3, null]]);
});

test('a report of a node is believed while it is fresh and the node not offline', () => {
  const cells = cellsOf(nodeKind.fields);
  const names = 'bootid ctotal cnodes csockets cnos mtotal mfree mnode dtotal dfree';
  const values = ['b', 8, 2, 1, 8, 1000, 600, 100, 50, 20].map((value) => [0, value]);
  assert.deepEqual(cells(names, node('n1'), viewWith({ info, stale: false })), values);
  for (const report of [undefined, { info, stale: true }])
    assert.deepEqual(
      cells(`${names} sptotal`, node('n1'), viewWith(report)),
      Array.from({ length: 11 }, () => [2, null]),
    );
  assert.deepEqual(
    cells(names, node('n1', { offline: true }), viewWith({ info, stale: false })),
    Array.from({ length: 10 }, () => [4, null]),
  );
  assert.deepEqual(
    cells('sptotal spfree', node('n1'), viewWith({ info, stale: false })),
    Array.from({ length: 2 }, () => [2, null]),
  );
});

test('a group tells its nodes and their instances', () => {
  const group = {
    uuid: 'g1',
    name: 'default',
    ndparams: { cpu_speed: 3 },
    ipolicy: { 'vcpu-ratio': 9 },
    diskparams: {},
  } as unknown as NodeGroup;
  const [count, list, instances, names, ipolicy, ndparams, diskparams] = cellsOf(groupKind.fields)(
    'node_cnt node_list pinst_cnt pinst_list ipolicy ndparams diskparams',
    group,
    viewWith(),
  );
  assert.deepEqual(
    [count, list, instances, names],
    [
      [0, 2],
      [0, ['n1', 'n10']],
      [0, 3],
      [0, ['db', 'web2', 'web10']],
    ],
  );
  assert.deepEqual(ipolicy, [0, { ...defaultIpolicy, 'vcpu-ratio': 9 }]);
  assert.deepEqual(ndparams, [0, { ...defaultNdparams, cpu_speed: 3 }]);
  assert.deepEqual((diskparams?.[1] as Record<string, unknown>)['plain'], { stripes: 1 });
});

test('a network tells which addresses are taken, and by whom', () => {
  const network = {
    uuid: 'lan',
    name: 'lan',
    network: '10.0.0.0/29',
    gateway: '10.0.0.1',
    mac_prefix: null,
    external_reservations: ['10.0.0.3'],
    groups: { g1: { mode: 'bridged', link: 'br0', vlan: '' }, gone: { mode: 'routed', link: '', vlan: '' } },
  } as unknown as Network;
  const cells = cellsOf(networkKind.fields);
  const names = 'free_count reserved_count map group_list group_cnt inst_list inst_cnt external_reservations gateway6 mac_prefix';
  assert.deepEqual(cells(names, network, viewWith()), [
    [0, 3],
    [0, 5],
    [0, 'XX.X.X.X'],
    [0, [['default', 'bridged', 'br0', '']]],
    [0, 1],
    [0, ['db', 'web2']],
    [0, 2],
    [0, '10.0.0.0, 10.0.0.1, 10.0.0.3, 10.0.0.7'],
    [3, null],
    [3, null],
  ]);
  const plain = { ...network, gateway: null, external_reservations: ['10.0.0.10', '10.0.0.2'], network6: 'fd00::/64', gateway6: 'fd00::1' };
  assert.deepEqual(cells('external_reservations network6 gateway6', plain, viewWith()), [
    [0, '10.0.0.0, 10.0.0.2, 10.0.0.7, 10.0.0.10'],
    [0, 'fd00::/64'],
    [0, 'fd00::1'],
  ]);
});

test('a job tells its opcodes one by one, without their secrets', () => {
  const sealed = `${sealedPrefix}k:x`;
  const op = (status: string, result: unknown, input: object = { OP_ID: 'OP_TEST_DELAY', duration: 1 }) => ({
    status,
    result,
    input,
    log: [],
  });
  const report = { code: 'TIMED_OUT', what: 'w' };
  const job = {
    id: 7,
    priority: -3,
    user: 'alice',
    ops: [op('success', { a: sealed }), op('error', { error: report }), op('queued', 'x', { OP_ID: 'OP_OTHER', p: sealed })],
  } as unknown as Job;
  const cells = cellsOf(jobKind.fields);
  assert.deepEqual(cells('id status priority opstatus oppriority summary opoutcome operror waiting_for user archived', job, viewWith()), [
    [0, 7],
    [0, 'error'],
    [0, -3],
    [0, ['success', 'error', 'queued']],
    [0, [-3, -3, -3]],
    [0, ['TEST_DELAY(1)', 'TEST_DELAY(1)', 'OTHER']],
    [0, [{ a: '<redacted>' }, null, null]],
    [0, [null, report, null]],
    [0, ['job 7']],
    [0, 'alice'],
    [0, false],
  ]);
  const [[, ops]] = cells('ops', job, viewWith()) as [[number, Record<string, unknown>[]]];
  assert.deepEqual([ops[2]?.['p'], ops[0]?.['repeat']], ['<redacted>', 0]);
  assert.deepEqual(cells('waiting_for', job, { ...viewWith(), jobs: { present: () => undefined } } as unknown as View), [[0, []]]);
});

test('an opcode has an error when it ended by one', () => {
  const of = (status: string, result: unknown) => opError({ status, result } as unknown as Job['ops'][number]);
  assert.deepEqual(of('error', { error: { code: 'X' } }), { code: 'X' });
  for (const result of [null, undefined, 'text', {}, { error: null }, { error: 'text' }]) assert.equal(of('error', result), undefined);
  assert.equal(of('success', { error: { code: 'X' } }), undefined);
});

test('a lock tells who holds it and who waits', () => {
  const row = { name: 'node/n1', mode: 'shared', owners: [3, 4], pending: [{ job: 5, mode: 'exclusive' }] } as unknown as LockRow;
  const cells = cellsOf(lockKind.fields);
  assert.deepEqual(cells('name mode owner pending', row, viewWith()), [
    [0, 'node/n1'],
    [0, 'shared'],
    [0, ['3', '4']],
    [0, [['exclusive', ['5']]]],
  ]);
  assert.deepEqual(cells('mode', { ...row, mode: null } as unknown as LockRow, viewWith()), [[0, null]], 'known to be nobody');
});

test('JSON in messages has blanks', () => {
  assert.equal(showJson([1, { a: 'x', b: [null, true] }, undefined]), '[1, {"a": "x", "b": [null, true]}, null]');
});
