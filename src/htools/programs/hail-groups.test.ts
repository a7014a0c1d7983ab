import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { allocation, requestOf, runQuietly, type SmallCluster } from './testing/small-cluster.ts';

/** The first group is the emptier one. */
const cluster: SmallCluster = {
  nodes: ['a1', 'a2', 'b1', 'b2'].map((name, n) => ({ name, group: 1 + Math.floor(n / 2) })),
  instances: [
    { name: 'web1', template: 'ext', primary: 'b1', memory: 8000 },
    { name: 'web2', template: 'ext', primary: 'b2', memory: 4000 },
  ],
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-hail-'));
});
after(() => rm(folder, { recursive: true }));

async function hail(request: object, ...options: readonly string[]): Promise<{ success: boolean; info: string; result: unknown }> {
  const file = join(folder, 'request.json');
  await writeFile(file, JSON.stringify(requestOf(cluster, request)));
  const { code, out, err } = await runQuietly('hail', file, ...options);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const inGroup = (request: object, group: string) => ({ ...request, group_name: group });
const several = (...instances: object[]) => ({ type: 'multi-allocate', instances });

test('a group that is named, by name or UUID, is the only one; one that is not there is told', async () => {
  const free = await hail(allocation('new', 'ext'));
  assert.match(String(free.result), /^a\d$/);
  for (const group of ['group2', 'uuid-2']) {
    const { success, result } = await hail(inGroup(allocation('new', 'ext'), group));
    assert.deepEqual([success, result], [true, ['b2']], group);
  }
  assert.deepEqual(await hail(inGroup(allocation('new', 'ext'), 'group9')), {
    success: false,
    info: 'Request failed: there is no node group group9',
    result: [],
  });
});

test('of several instances each goes to its group, and what finds no place in its own is told with the others', async () => {
  const mixed = await hail(
    several(inGroup(allocation('x', 'ext'), 'group1'), inGroup(allocation('y', 'ext'), 'group2'), allocation('z', 'ext')),
  );
  const [placed, failed] = mixed.result as [[string, string[]][], unknown[]];
  assert.deepEqual(
    placed.map(([name, [node = '']]) => `${name} ${node[0]}`),
    ['x a', 'y b', 'z a'],
  );
  assert.deepEqual(failed, []);
  assert.equal(mixed.info, 'Request successful: 0 instances failed to allocate and 3 were allocated successfully');
  const huge = { ...allocation('huge', 'ext'), memory: 64_000 };
  const partly = await hail(several(inGroup(huge, 'group1'), inGroup(allocation('y', 'ext'), 'group2')));
  const [some, none] = partly.result as [[string, string[]][], [string, string][]];
  assert.deepEqual([some, none.map(([name]) => name)], [[['y', ['b2']]], ['huge']]);
  assert.equal(partly.info, 'Request successful: 1 instances failed to allocate and 1 were allocated successfully');
  const whole = await hail(several(allocation('y', 'ext'), huge));
  assert.equal(whole.success, false, 'without a group one that fails takes all with it');
  const nowhere = await hail(several(allocation('y', 'ext'), inGroup(allocation('z', 'ext'), 'group9')));
  assert.equal(nowhere.info, 'Request failed: there is no node group group9');
});

test('nodes may be named to which an allocation is restricted', async () => {
  const { result } = await hail(allocation('new', 'ext'), '--restrict-allocation-to=b1,b2');
  assert.deepEqual(result, ['b2']);
  const { success, info } = await hail(inGroup(allocation('new', 'ext'), 'group1'), '--restrict-allocation-to=b1');
  assert.deepEqual([success, /^Request failed: /.test(info)], [false, true]);
});
