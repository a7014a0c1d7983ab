import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance, Node } from '../../model/index.ts';
import { plainConfig, plainInstance, plainLive, plainNode } from '../testing/plain-config.ts';
import { checkClusterLocation } from './cluster-location.ts';
import { needsOf } from './instance-needs.ts';
import { Placer } from './placer.ts';

const nodes = Array.from({ length: 4 }, (_, k) => plainNode(k));
const live = plainLive();

const pinned = `
levels: [rack]
domains:
  - { name: r0, level: rack, nodes: [node0, node1] }
  - { name: r1, level: rack, nodes: [node2, node3] }
services:
  - name: web
    members: [web1]
    rules:
      - pinned: [r1]
`;
const start = plainConfig({ cluster: { location: pinned }, nodes, instances: [] });
const web = plainInstance(1, 2, 1024, { name: 'web1.example.com', disk_template: 'sharedfile' });
/** They fill the nodes where the member has to be, so that others would be better. */
const others = [2, 3].map((k) =>
  plainInstance(k, k, 1024, { name: `other${k}.example.com`, disk_template: 'sharedfile', beparams: { maxmem: 8192 } }),
);

function withInstances(instances: readonly Instance[], revision: number) {
  const made = plainConfig({ nodes, instances }, revision);
  return { ...start, revision, instances: made.instances, instancesOf: made.instancesOf };
}

test('a member by its short name stays one when it changes', async () => {
  const placer = new Placer(live);
  await placer.target(withInstances([web, ...others], 2), web, { migrates: true });
  const changed = { ...web, beparams: { maxmem: 512 } };
  const { name } = await placer.target(withInstances([changed, ...others], 3), changed, { migrates: true });
  assert.equal(name, 'node3');
});

test('a member by its short name is one again when it is removed and created anew', async () => {
  const placer = new Placer(live);
  await placer.target(withInstances([web, ...others], 2), web, { migrates: true });
  const { primary } = await placer.place(withInstances(others, 3), needsOf(web));
  assert.match(primary.name, /^node[23]$/);
});

const needs = (name: string) => needsOf(plainInstance(1, 0, 1024, { name, disk_template: 'sharedfile' }));
const configOf = (location: string, left: readonly Node[], revision: number) =>
  plainConfig({ cluster: { location }, nodes: left, instances: [] }, revision);

test('a node that rules name and that is removed stops nobody; who had to be there has no place', async () => {
  const location = `
services:
  - name: web
    members: ["web*"]
    rules:
      - keptOut: [node3]
  - name: tape
    members: ["tape*"]
    rules:
      - pinned: [node3]
`;
  await checkClusterLocation(configOf(location, nodes, 1), live, location);
  const placer = new Placer(live);
  assert.equal((await placer.place(configOf(location, nodes, 1), needs('tape1'))).primary.name, 'node3');
  const left = configOf(location, nodes.slice(0, 3), 2);
  for (const name of ['web1', 'db1']) assert.match((await placer.place(left, needs(name))).primary.name, /^node[012]$/);
  await assert.rejects(placer.place(left, needs('tape1')), /tape: only in/);
});
