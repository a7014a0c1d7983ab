import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GantryError } from '../../../base/index.ts';
import type { Instance } from '../../../model/index.ts';
import { Placer } from '../../placement/placer.ts';
import {
  type PlainObjects,
  plainConfig,
  plainGroup,
  plainInstance,
  plainLive,
  plainNetwork,
  plainNode,
  plainUuid,
} from '../../testing/plain-config.ts';
import { moveTarget } from './move-target.ts';

const [group0, group1] = [plainUuid(1, 0), plainUuid(1, 1)];
const point = (value: number) => ({
  ...{ 'memory-size': value, 'disk-size': value, 'disk-count': value, 'cpu-count': value, 'nic-count': value, 'spindle-use': value },
});
const nic = (ip: string | null, network: string | null) => ({
  uuid: plainUuid(5, 0),
  name: null,
  mac: 'aa:00:00:00:00:01',
  ip,
  network,
  nicparams: {},
});

/** Name of the node to which the instance of node0 goes, or the code of the refusal. */
async function target(
  params: Parameters<typeof moveTarget>[3],
  instance: Partial<Instance> = {},
  objects: Partial<PlainObjects> = {},
  migrates = true,
) {
  const one = plainInstance(0, 0, 1024, { disk_template: 'sharedfile', ...instance });
  const nodes = [plainNode(0), plainNode(1), plainNode(2, { group: group1 })];
  const config = plainConfig({ groups: [plainGroup(0), plainGroup(1)], nodes, instances: [one], ...objects });
  return moveTarget(config, new Placer(plainLive()), one, params, { migrates }).then(
    ({ name }) => name,
    (error: unknown) => GantryError.from(error).code,
  );
}

it('an instance goes to the node that is asked for, else to one of its group', async () => {
  for (const iallocator of [undefined, null, 'hail', '.', '']) assert.equal(await target({ iallocator: iallocator as string }), 'node1');
  assert.equal(await target({ target_node: null }), 'node1');
  assert.equal(await target({ target_node: 'node2' }), 'node2');
  assert.equal(await target({ iallocator: 'mine' }), 'IALLOCATOR_UNKNOWN');
  assert.equal(await target({ target_node: 'node0' }), 'INSTANCE_ALREADY_THERE');
  assert.equal(await target({ target_node: 'node9' }), 'OBJECT_UNKNOWN');
  assert.equal(await target({}, { primary_node: 'gone' }), 'OBJECT_UNKNOWN');
  for (const disk_template of ['file', 'plain'] as const)
    assert.equal(await target({ target_node: 'node1' }, { disk_template }), 'INSTANCE_NOT_MOVABLE');
});

it('a node that is asked for must take instances', async () => {
  const codes = [{ offline: true }, { drained: true }, { vm_capable: false }].map((more) =>
    target({ target_node: 'node1', ignore_ipolicy: true }, {}, { nodes: [plainNode(0), plainNode(1, more)] }),
  );
  assert.deepEqual(await Promise.all(codes), ['NODE_OFFLINE', 'NODE_DRAINED', 'NODE_NOT_VM_CAPABLE']);
});

it('a node that is asked for must have the networks of the instance, whatever is ignored', async () => {
  const connection = { mode: 'bridged', link: 'br0', vlan: '' } as const;
  const networks = [
    plainNetwork(0, { groups: { [group0]: connection } }),
    plainNetwork(1, { network: '10.9.0.0/24', gateway: null, groups: { [group1]: connection } }),
  ];
  const to = (target_node: string, nics: Instance['nics']) => target({ target_node, ignore_ipolicy: true }, { nics }, { networks });
  const wired = [nic('10.0.0.2', plainUuid(6, 0))];
  assert.deepEqual([await to('node1', wired), await to('node2', wired)], ['node1', 'NETWORK_NOT_CONNECTED']);
  const own = [nic('10.9.0.5', null)];
  assert.deepEqual([await to('node1', own), await to('node2', own)], ['node1', 'ADDRESS_OF_NETWORK']);
  assert.equal(await to('node2', [nic('10.9.0.5', plainUuid(6, 1))]), 'node2');
});

it('a node that is asked for must have the memory, and its group a policy that fits, unless that is ignored', async () => {
  const to = (instance: Partial<Instance>, more: object = {}, objects: Partial<PlainObjects> = {}) =>
    target({ target_node: 'node2', ...more }, instance, objects);
  const ignore_ipolicy = true;
  const big = { beparams: { maxmem: 20_000 } };
  assert.deepEqual([await to(big), await to(big, { ignore_ipolicy })], ['PLACEMENT_IMPOSSIBLE', 'node2']);
  const policy = (max: object) => ({
    groups: [plainGroup(0), plainGroup(1, { ipolicy: { minmax: [{ min: point(0), max: { ...point(1e6), ...max } }] } as never })],
  });
  const disks = plainInstance(0, 0, 1024).disks;
  const cases: [instance: Partial<Instance>, max: object][] = [
    [{ beparams: { maxmem: 200 } }, { 'memory-size': 199 }],
    [{ beparams: { vcpus: 3 } }, { 'cpu-count': 2 }],
    [{ beparams: { spindle_use: 3 } }, { 'spindle-use': 2 }],
    [{ disks: [...disks, ...disks] }, { 'disk-count': 1 }],
    [{}, { 'disk-size': 1023 }],
    [{ nics: [nic(null, null), nic(null, null)] }, { 'nic-count': 1 }],
  ];
  for (const [instance, max] of cases) {
    assert.equal(await to(instance, {}, policy(max)), 'IPOLICY_VIOLATED', JSON.stringify(max));
    assert.equal(await to(instance, { ignore_ipolicy }, policy(max)), 'node2');
    assert.equal(await to(instance, {}, policy({})), 'node2');
  }
  assert.equal(await to({ beparams: { vcpus: 40 } }, {}, { groups: [] }), 'node2', 'without a group there is no policy');
});

it('what migrates needs more of a node than what is started there', async () => {
  const nodes = [plainNode(0, { tags: ['cpu:new'] }), plainNode(1, { tags: ['cpu:old'] })];
  const objects = { nodes, cluster: { tags: ['htools:migration:cpu'] } };
  assert.deepEqual([await target({}, {}, objects, true), await target({}, {}, objects, false)], ['PLACEMENT_IMPOSSIBLE', 'node1']);
});
