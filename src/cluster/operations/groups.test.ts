import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Instance, NodeGroup } from '../../model/index.ts';
import { perform, type Scene, sceneTime } from '../testing/perform.ts';
import { plainConfig, plainGroup, plainInstance, plainNetwork, plainNode, plainUuid } from '../testing/plain-config.ts';
import { groupAdd } from './group-add.ts';
import { groupAssignNodes } from './group-assign-nodes.ts';
import { groupRemove } from './group-remove.ts';
import { groupRename } from './group-rename.ts';
import { groupSetParams } from './group-set-params.ts';

const [group0, group1] = [plainUuid(1, 0), plainUuid(1, 1)];
const connection = { mode: 'bridged', link: 'br0', vlan: '' } as const;
const frame: Scene = {
  groups: [plainGroup(0), plainGroup(1)],
  nodes: [plainNode(0), plainNode(1), plainNode(2, { group: group1 })],
};
const point = (value: number) => ({
  ...{ 'memory-size': value, 'disk-size': value, 'disk-count': value, 'cpu-count': value, 'nic-count': value, 'spindle-use': value },
});
const upsideDown = { ipolicy: { minmax: [{ min: point(2), max: point(1) }] } };
const groupOf = ({ config }: Awaited<ReturnType<typeof perform>>, name: string) => config.groups.find(name) as NodeGroup;

describe('node groups', () => {
  it('are added with what is asked for', async () => {
    const outcome = await perform(groupAdd, { group_name: 'edge' }, frame);
    assert.deepEqual(groupOf(outcome, 'edge'), {
      ...{ uuid: plainUuid(7, 1), name: 'edge', ctime: sceneTime / 1000, mtime: sceneTime / 1000, serial_no: 1, tags: [] },
      ...{ alloc_policy: 'preferred', ipolicy: {}, ndparams: {}, diskparams: {} },
    });
    const wish = { alloc_policy: 'last_resort', ipolicy: { 'vcpu-ratio': 2 }, ndparams: { spindle_count: 1 }, diskparams: { file: {} } };
    const group = groupOf(await perform(groupAdd, { group_name: 'edge', ...wish }, frame), 'edge');
    const { alloc_policy, ipolicy, ndparams, diskparams } = group;
    assert.deepEqual({ alloc_policy, ipolicy, ndparams, diskparams }, wish);
    await assert.rejects(perform(groupAdd, { group_name: 'group0' }, frame), { code: 'NAME_TAKEN' });
    await assert.rejects(perform(groupAdd, { group_name: 'edge', ...upsideDown }, frame), { code: 'INPUT_INVALID' });
  });

  it('are changed member by member', async () => {
    const before = { ipolicy: { 'vcpu-ratio': 2 }, ndparams: { spindle_count: 1 }, diskparams: { file: {} } };
    const scene = { ...frame, groups: [plainGroup(0, before as never)] };
    const change = (params: object) => perform(groupSetParams, { group_name: 'group0', ...params }, scene);
    const none = await change({});
    assert.deepEqual([groupOf(none, 'group0'), none.result], [scene.groups[0], []]);
    const wish = {
      alloc_policy: 'unallocable',
      ipolicy: { 'spindle-ratio': 3 },
      ndparams: { cpu_speed: 2 },
      diskparams: { sharedfile: {} },
    };
    const outcome = await change(wish);
    const { alloc_policy, ipolicy, ndparams, diskparams } = groupOf(outcome, 'group0');
    const expected = {
      alloc_policy: 'unallocable',
      ipolicy: { 'vcpu-ratio': 2, 'spindle-ratio': 3 },
      ndparams: { spindle_count: 1, cpu_speed: 2 },
      diskparams: { file: {}, sharedfile: {} },
    };
    assert.deepEqual({ alloc_policy, ipolicy, ndparams, diskparams }, expected);
    assert.deepEqual(Object.fromEntries(outcome.result as [string, unknown][]), expected);
    await assert.rejects(change(upsideDown), { code: 'INPUT_INVALID' });
    await assert.rejects(perform(groupSetParams, { group_name: 'no' }, frame), { code: 'OBJECT_UNKNOWN' });
  });

  it('are renamed to what is free, or to other letters', async () => {
    const rename = (new_name: string) => perform(groupRename, { group_name: 'group0', new_name }, frame);
    const outcome = await rename('core');
    assert.deepEqual([outcome.result, groupOf(outcome, 'core').uuid], ['core', group0]);
    assert.equal(groupOf(await rename('Group0'), 'Group0').uuid, group0);
    await assert.rejects(rename('group1'), { code: 'NAME_TAKEN' });
  });

  it('are removed when they are empty and not the last one, with their connections', async () => {
    const remove = (scene: Scene) => perform(groupRemove, { group_name: 'group1' }, { ...frame, nodes: [plainNode(0)], ...scene });
    const networks = [
      plainNetwork(0, { groups: { [group0]: connection, [group1]: connection } }),
      plainNetwork(1, { groups: { [group0]: connection } }),
    ];
    const { config, read } = await remove({ networks });
    assert.deepEqual(
      [...config.groups.values()].map(({ name }) => name),
      ['group0'],
    );
    assert.deepEqual(
      [...config.networks.values()].map(({ groups }) => groups),
      [{ [group0]: connection }, { [group0]: connection }],
    );
    assert.deepEqual(
      read.filter((key) => key.startsWith('network')),
      ['network network0'],
    );
    await assert.rejects(remove({ nodes: [plainNode(7, { group: group1 })] }), /node7/);
    await assert.rejects(remove({ nodes: [plainNode(7, { group: group1 })] }), { code: 'GROUP_NOT_EMPTY' });
    await assert.rejects(remove({ groups: [plainGroup(1)] }), { code: 'GROUP_LAST' });
  });
});

describe('the assignment of nodes to a group', () => {
  const assign = (nodes: string[], instances: readonly Instance[], more: Scene = {}, force = false) =>
    perform(groupAssignNodes, { group_name: 'group1', nodes, force }, { ...frame, instances, ...more });
  const pair = (number: number, primary: number, secondary: number) =>
    plainInstance(number, primary, 1, { secondary_nodes: [plainUuid(2, secondary)] });

  it('moves them', async () => {
    const { config } = await assign(['node0', 'node1'], [pair(0, 0, 1)]);
    assert.deepEqual(
      [...config.nodes.values()].map(({ group }) => group),
      [group1, group1, group1],
    );
    await assert.rejects(assign(['node7'], []), { code: 'OBJECT_UNKNOWN' });
    const kinds = groupAssignNodes().locks?.({ group_name: 'group1', nodes: ['node0'] }, plainConfig({ nodes: [], instances: [] }));
    assert.ok(kinds?.some(({ kind, mode }) => kind === 'allocation' && mode === 'shared'));
    assert.ok(kinds?.some(({ kind, name }) => kind === 'node' && name === 'node0'));
  });

  it('splits no instance that lies in one group, unless it is forced', async () => {
    await assert.rejects(assign(['node0'], [pair(0, 0, 1), pair(1, 1, 0), pair(2, 0, 2)]), (error: { code: string; message: string }) => {
      assert.match(error.message, /instance0, instance1/);
      assert.doesNotMatch(error.message, /instance2/);
      return error.code === 'GROUP_WOULD_SPLIT';
    });
    assert.equal((await assign(['node0'], [pair(0, 0, 1)], {}, true)).error, undefined);
    assert.equal((await assign(['node0'], [pair(2, 0, 2), plainInstance(3, 0, 1)])).error, undefined);
    await assert.rejects(assign(['node0'], [plainInstance(4, 0, 1, { moving_to: plainUuid(2, 1) })]), { code: 'GROUP_WOULD_SPLIT' });
  });

  it('takes instances only to where their networks are', async () => {
    const nic = (ip: string | null, network: string | null) => ({
      uuid: plainUuid(5, 0),
      name: null,
      mac: 'aa:00:00:00:00:01',
      ip,
      network,
      nicparams: {},
    });
    const networks = [
      plainNetwork(0, { groups: { [group0]: connection } }),
      plainNetwork(1, { network: '10.9.0.0/24', gateway: null, groups: { [group1]: connection } }),
    ];
    const wired = plainInstance(0, 0, 1, { nics: [nic('10.0.0.2', plainUuid(6, 0))] });
    await assert.rejects(assign(['node0'], [wired], { networks }, true), /network0.*group1/);
    await assert.rejects(assign(['node0'], [wired], { networks }, true), { code: 'NETWORK_NOT_CONNECTED' });
    const arriving = plainInstance(0, 1, 1, { nics: [nic('10.0.0.2', plainUuid(6, 0))], moving_to: plainUuid(2, 0) });
    await assert.rejects(assign(['node0'], [arriving], { networks }, true), { code: 'NETWORK_NOT_CONNECTED' });
    const alone = plainInstance(0, 0, 1, { nics: [nic('10.9.0.5', null)] });
    await assert.rejects(assign(['node0'], [alone], { networks }), { code: 'ADDRESS_OF_NETWORK' });
    assert.equal(
      (await assign(['node2'], [plainInstance(0, 2, 1, { nics: [nic('10.9.0.5', null)] })], { networks })).error,
      undefined,
      'it stays in its group',
    );
    for (const nics of [[nic(null, null)], [nic('10.8.0.5', null)], [nic('10.9.0.5', plainUuid(6, 1))]])
      assert.equal((await assign(['node0'], [plainInstance(0, 0, 1, { nics })], { networks })).error, undefined);
  });
});
