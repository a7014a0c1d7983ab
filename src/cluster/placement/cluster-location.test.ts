import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance, Node } from '../../model/index.ts';
import { plainConfig, plainInstance, plainLive, plainNode } from '../testing/plain-config.ts';
import { ClusterLocation, checkClusterLocation } from './cluster-location.ts';
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

/** Where an instance of this name goes in a cluster of these nodes: its node, or why it goes nowhere. */
async function placeOf(location: string, name: string, left: readonly Node[] = nodes): Promise<string> {
  const [shown, placer] = [needs(name), new Placer(live)];
  return placer.place(configOf(location, left, 1), shown).then(
    ({ primary }) => primary.name,
    (error: Error) => error.message,
  );
}
const service = (rule: string, more = '') =>
  `${more}\nservices:\n  - name: web\n    members: ["web*", web9]\n    rules:\n      - ${rule}\n`;

test('places of rules may be nodes, node groups and domains; those that are gone are no places any more', async () => {
  const domains =
    'levels: [rack]\ndomains:\n  - { name: r0, level: rack, nodes: [node0, node1] }\n  - { name: r1, level: rack, nodes: ["node2", "node[3]", node9] }';
  const left = nodes.slice(0, 3);
  assert.equal(await placeOf(service('pinned: [node3]'), 'web1'), 'node3');
  assert.equal(await placeOf(service('pinned: [r1]', domains), 'web1', left), 'node2');
  assert.match(await placeOf(service('pinned: [r0]', domains), 'web1'), /^node[01]$/);
  assert.match(await placeOf(service('pinned: [group0]'), 'web1'), /^node\d$/);
  assert.match(await placeOf(service('pinned: [node9]'), 'web1'), /web: only in/, 'a pinned service whose only place is gone');
  assert.match(await placeOf(service('pinned: [node9, node1]'), 'web1'), /^node1$/);
  assert.match(await placeOf(service('keptOut: [node0, node1, node2]'), 'web1'), /^node3$/);
  assert.match(await placeOf(service('keptOut: [node9]'), 'web1'), /^node\d$/, 'nothing is left to be kept out of');
  assert.match(await placeOf(service('keptOut: [node9, node0, node1, node3]'), 'web1'), /^node2$/);
  for (const wish of ['desired: [node9]', 'desired: [node9, node1]'])
    assert.match(await placeOf(service(`${wish}\n        weight: 1000`), 'web1'), /^node\d$/);
});

test('links and terms of migration of what is gone are left out, the others hold', async () => {
  const links = (between: string) => `links:\n  - { between: [${between}], latency: 1 }`;
  const racks = 'levels: [rack]\ndomains:\n  - { name: r0, level: rack, nodes: [node0] }\n  - { name: r1, level: rack, nodes: [node1] }\n';
  for (const between of ['r0, r1', 'r0, group0', 'r0, group9', 'group8, group9'])
    assert.match(await placeOf(service('keptOut: [node3]', `${racks}${links(between)}`), 'web1'), /^node[012]$/, between);
  const migration =
    'migration:\n  - { nodes: ["node[01]", node0, node9], needs: [new], offers: [new, old] }\n  - { nodes: [node2, "node?x"], needs: [old], offers: [old] }\n  - { nodes: [node1, node3], needs: [new], offers: [new] }';
  const placer = new Placer(live);
  const target = (from: number) => {
    const one = plainInstance(1, from, 1024, { name: 'web1', disk_template: 'sharedfile' });
    const config = plainConfig({ cluster: { location: migration }, nodes, instances: [one] }, from + 2);
    return placer.target(config, one, { migrates: true }).then(
      ({ name }) => name,
      (error: Error) => error.message,
    );
  };
  assert.match(await target(0), /^node[13]$/, 'not to the one that is old');
  assert.match(await target(2), /^node0$/, 'only there is what it needs');
});

test('the same description is compiled once, and another one anew; none is no rules', async () => {
  const location = new ClusterLocation();
  const first = await location.rulesOf(service('pinned: [node3]'));
  assert.ok(first);
  assert.equal(await location.rulesOf(service('pinned: [node3]')), first);
  const second = await location.rulesOf(service('pinned: [node2]'));
  assert.ok(second && second !== first);
  assert.deepEqual([await location.rulesOf(''), await location.rulesOf(undefined)], [undefined, undefined]);
  await assert.rejects(location.rulesOf('levels: ['), { code: 'LOCATION_SYNTAX', message: /location of the cluster/ });
  await assert.rejects(location.rulesOf('levels: ['), { code: 'LOCATION_SYNTAX' }, 'nor is it known the second time');
});

test('a description is refused that names what is not there, or whose hard rules cannot hold together', async () => {
  const config = plainConfig({ nodes, instances: [web] });
  const check = (text: string) =>
    checkClusterLocation(config, live, text.replace(', web9', '')).then(
      () => 'fine',
      (error: { code: string }) => error.code,
    );
  assert.equal(await check(service('pinned: [node3]')), 'fine');
  assert.equal(await check(service('pinned: [node9]')), 'LOCATION_UNKNOWN');
  assert.equal(await check(service('pinned: [node3]\n      - keptOut: [node3]')), 'LOCATION_CONFLICT');
});
