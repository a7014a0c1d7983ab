import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Clock } from '../../base/index.ts';
import type { StepContext, WorldStep } from '../../jobs/index.ts';
import { perform, type Scene } from '../testing/perform.ts';
import { plainGroup, plainInstance, plainNetwork, plainNode } from '../testing/plain-config.ts';
import { tagsDel } from './tags-del.ts';
import { tagsSet } from './tags-set.ts';
import { testDelay } from './test-delay.ts';

const tags = ['b', 'c'];
const scene: Scene = {
  cluster: { tags },
  groups: [plainGroup(0, { tags })],
  networks: [plainNetwork(0, { tags })],
  nodes: [plainNode(0, { tags })],
  instances: [plainInstance(0, 0, 1, { tags })],
};
const kinds = [
  ['cluster', undefined],
  ['group', 'group0'],
  ['network', 'network0'],
  ['node', 'node0'],
  ['instance', 'instance0'],
] as const;

/** Tags of every kind of object, in this order. */
const tagsOf = ({ config }: Awaited<ReturnType<typeof perform>>) => {
  const { cluster, groups, networks, nodes, instances } = config;
  return [cluster, ...groups.values(), ...networks.values(), ...nodes.values(), ...instances.values()].map((object) => object.tags);
};

for (const [at, [kind, name]] of kinds.entries()) {
  it(`tags of a ${kind} are added in order and once, and removed`, async () => {
    const with_ = (own: readonly string[]) => kinds.map((_kind, k) => (k === at ? own : tags));
    assert.deepEqual(tagsOf(await perform(tagsSet, { kind, name, tags: ['c', 'a', 'a'] }, scene)), with_(['a', 'b', 'c']));
    assert.deepEqual(tagsOf(await perform(tagsDel, { kind, name, tags: ['b'] }, scene)), with_(['c']));
    await assert.rejects(perform(tagsDel, { kind, name, tags: ['b', 'x'] }, scene), (error: { code: string; message: string }) => {
      assert.match(error.message, /"?x"?/);
      return error.code === 'TAG_MISSING';
    });
    if (name) await assert.rejects(perform(tagsSet, { kind, name: 'other', tags: ['a'] }, scene), { code: 'OBJECT_UNKNOWN' });
  });
}

it('an object has as many tags as in Ganeti', async () => {
  const add = (count: number) => perform(tagsSet, { kind: 'cluster', tags: Array.from({ length: count }, (_, k) => `t${k}`) }, scene);
  assert.equal(tagsOf(await add(4094))[0]?.length, 4096);
  await assert.rejects(add(4095), { code: 'TAGS_TOO_MANY' });
});

it('a delay lasts as long as it is asked to, in short pauses', async () => {
  const run = async (params: Record<string, unknown>) => {
    const operation = testDelay();
    const [step] = operation.steps(await operation.plan({} as never, params));
    let now = 5000;
    const [sleeps, shown]: [number[], number[]] = [[], []];
    const clock: Clock = { now: () => now, sleep: async (ms) => void sleeps.push(((now += ms), ms)) };
    const { signal } = new AbortController();
    const context = { clock, signal, cancelled: signal, progress: (part: number) => void shown.push(part) };
    await (step as WorldStep | undefined)?.do(context as unknown as StepContext);
    return { sleeps, shown };
  };
  assert.deepEqual((await run({ duration: 0.6 })).sleeps.map(Math.round), [250, 250, 100]);
  assert.deepEqual((await run({ duration: 0.5 })).shown, [0, 0.5]);
  assert.deepEqual((await run({ duration: 0.25, repeat: 2 })).sleeps, [250, 250, 250]);
  assert.deepEqual((await run({ duration: 0 })).sleeps, []);
  assert.equal(testDelay().steps({ seconds: 0 }).length, 0);
});
