import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainConfig, plainInstance, plainLive, plainNode, plainUuid } from '../testing/plain-config.ts';
import { checkClusterLocation } from './cluster-location.ts';
import { Placer } from './placer.ts';

// node0 and node1 stand in racks of their own, node2 and node3 share a third one; each has 15 GiB for instances.

const nodes = Array.from({ length: 4 }, (_, k) => plainNode(k));
const racks = (members: readonly string[]) =>
  JSON.stringify({
    levels: ['rack'],
    domains: [
      { name: 'a', level: 'rack', nodes: ['node0'] },
      { name: 'b', level: 'rack', nodes: ['node1'] },
      { name: 'c', level: 'rack', nodes: ['node2', 'node3'] },
    ],
    services: [{ name: 'web', members, rules: [{ spread: { level: 'rack', atMost: 1 } }] }],
  });
const shared = { disk_template: 'sharedfile', admin_state: 'up' } as const;
const on = (node: number) => plainUuid(2, node);

/** web1 moves from node0 to node1; web2 is on node2. */
function moving(location: string) {
  const web1 = plainInstance(1, 0, 10, { ...shared, name: 'web1.example.com', moving_to: on(1) });
  const web2 = plainInstance(2, 2, 10, { ...shared, name: 'web2.example.com' });
  return { web1, web2, config: plainConfig({ cluster: { location }, nodes, instances: [web1, web2] }) };
}

for (const members of [['web1.example.com', 'web2.example.com'], ['web1', 'web2'], ['web*'], ['*.example.com']]) {
  test(`rules hold for both nodes of an instance that moves, named as ${members.join(', ')}`, async () => {
    const { config, web2 } = moving(racks(members));
    const target = await new Placer(plainLive()).target(config, web2, { migrates: true });
    assert.equal(target.name, 'node3');
  });
}

test('a location description is checked by where instances are, not by where they are going', async () => {
  const { config } = moving('');
  await checkClusterLocation(config, plainLive(), racks(['web1', 'web2']));
});

test('what a move that failed has left does not stand in the way of the next one of the same instance', async () => {
  const big = { ...shared, beparams: { maxmem: 8 * 1024 }, tags: ['service:db'] };
  const web1 = plainInstance(1, 0, 10, { ...big, moving_to: on(1) });
  const other = plainInstance(2, 2, 10, { ...big, beparams: { maxmem: 8 * 1024 }, tags: [] });
  const cluster = { tags: ['htools:iextags:service'] };
  const config = plainConfig({ cluster, nodes: nodes.slice(0, 3), instances: [web1, other] });
  const placer = new Placer(plainLive());
  const target = () => placer.target(config, web1, { migrates: false });
  assert.equal((await target()).name, 'node1');
  assert.equal((await target()).name, 'node1', 'and is there again afterwards');
  await placer.requireMemory(config, web1, nodes[1] as (typeof nodes)[number]);
  await assert.rejects(placer.requireMemory(config, other, nodes[1] as (typeof nodes)[number]), { code: 'PLACEMENT_IMPOSSIBLE' });
});

test('a tag about watts that makes no sense stops no placement', async () => {
  const tagged = nodes.map((node) => ({ ...node, tags: ['htools:watts:abc'] }));
  const web1 = plainInstance(1, 0, 10, shared);
  const target = await new Placer(plainLive()).target(plainConfig({ nodes: tagged, instances: [web1] }), web1, { migrates: true });
  assert.notEqual(target.name, 'node0');
});
