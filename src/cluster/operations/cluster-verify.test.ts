import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GantryError, version } from '../../base/index.ts';
import { perform, type Scene, sceneTime } from '../testing/perform.ts';
import { plainGroup, plainInstance, plainNode, plainUuid } from '../testing/plain-config.ts';
import { clusterVerify } from './cluster-verify.ts';

const well = { problems: [], time: sceneTime / 1000, version };
const nodes = [plainNode(0), plainNode(1), plainNode(2, { group: plainUuid(1, 1) })];
const answers = Object.fromEntries(nodes.map(({ name }) => [`${name} node-verify`, well]));
const verify = (params: object, more: Scene = {}) =>
  perform(
    clusterVerify,
    { ...params },
    { groups: [plainGroup(0), plainGroup(1)], nodes, ...more, answers: { ...answers, ...more.answers } },
  );
const asked = ({ calls }: { calls: readonly string[] }) => [...new Set(calls.map((line) => line.split(' ')[0]))];

it('a verification looks at every node, or at those of one group', async () => {
  assert.deepEqual(asked(await verify({})), ['node0', 'node1', 'node2']);
  assert.deepEqual(asked(await verify({ group_name: 'group1' })), ['node2']);
  await assert.rejects(verify({ group_name: 'nowhere' }), { code: 'OBJECT_UNKNOWN' });
});

it('all is well when there is nothing but warnings', async () => {
  const { result, steps } = await verify({});
  assert.deepEqual([result, steps], [{ ok: true, problems: [] }, []]);
  const lost = new GantryError('NODE_UNREACHABLE', { node: 'node2', address: 'x', problem: 'y' });
  const silent = { 'node2 node-verify': lost, 'node2 instance-list': lost, 'node2 disk-list': lost };
  const bad = (await verify({}, { answers: silent })).result as { ok: boolean; problems: { code: string }[] };
  assert.deepEqual([bad.ok, bad.problems.map(({ code }) => code)], [false, ['NODE_UNREACHABLE']]);
  const moving = plainInstance(0, 0, 8, { disk_template: 'diskless', disks: [], admin_state: 'down', moving_to: plainUuid(2, 1) });
  const warned = (await verify({}, { instances: [moving] })).result as { ok: boolean; problems: { code: string; severity: string }[] };
  assert.deepEqual([warned.ok, warned.problems.map(({ severity }) => severity)], [true, ['warning']]);
});
