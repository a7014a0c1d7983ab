import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allocation, evacuation, requestOf, runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

/** Two sites, a node group each; the third one is too far. */
const sites: SmallCluster = {
  nodes: ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'].map((name, n) => ({ name, group: 1 + Math.floor(n / 2) })),
  instances: [
    { name: 'db1', template: 'drbd', primary: 'a1', secondary: 'b1' },
    { name: 'big', template: 'plain', primary: 'b2', memory: 16_000 },
  ],
};
const rules = `
links:
  - { between: [group1, group2], latency: 1 }
  - { between: [group1, group3], latency: 40 }
  - { between: [group2, group3], latency: 40 }
services:
  - name: db
    members: ["db*"]
    rules:
      - replicas: { apart: group }
      - replicas: { latency: 5 }
`;

let folder = '';
let location: readonly string[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-groups-'));
  location = ['--location', join(folder, 'location.yaml')];
  await writeFile(join(folder, 'location.yaml'), rules);
});
after(() => rm(folder, { recursive: true, force: true }));

async function hail(request: object, ...options: readonly string[]) {
  const file = join(folder, 'request.json');
  await writeFile(file, JSON.stringify(requestOf(sites, request)));
  const { code, out, err } = await runQuietly('hail', file, ...options);
  assert.equal(code, 0, err);
  return { ...JSON.parse(out), err };
}

const site = (node: string): string => node[0] as string;

describe('replicas in different node groups', () => {
  test('hail: only where a rule asks for it, and over no link that is too slow', async () => {
    const usual = await hail(allocation('mail', 'drbd'), ...location);
    assert.equal(site(usual.result[0]), site(usual.result[1]), 'no rule is about it');
    const { success, info, result, err } = await hail(allocation('db2', 'drbd'), ...location, '--explain');
    assert.equal(success, true, info);
    assert.deepEqual(result.map(site).toSorted(), ['a', 'b']);
    assert.match(
      err,
      /2 nodes \(\S+, \S+\): no secondary node: db: replicas in different groups/,
      'nothing is near enough to the third site',
    );
  });

  test('hail: a new secondary is in the other group again', async () => {
    const { result } = await hail(evacuation(['db1'], 'secondary-only'), ...location);
    assert.deepEqual(result[0][0][2], ['a1', 'b2']);
  });

  test('hspace counts such pairs', async () => {
    const file = join(folder, 'cluster.data');
    await writeFile(file, textOf(sites));
    const options = ['-t', file, '--disk-template', 'drbd', '--standard-alloc', '10g,4g,1', '--no-capacity-checks', '-l', '4', '-v', '-v'];
    const { out, err } = await runQuietly('hspace', ...options, ...location, '--service', 'db');
    assert.match(out, /4 instances allocated/);
    const pairs = [...err.matchAll(/^ new-\d +(\w)\d +(\w)\d /gm)].map(([, p, s]) => `${p}${s}`);
    assert.ok(pairs.length >= 4);
    for (const pair of pairs) assert.match(pair, /ab|ba/);
  });

  test('hcheck tells who is not apart', async () => {
    const file = join(folder, 'cluster.data');
    await writeFile(file, textOf({ ...sites, instances: [{ name: 'db1', template: 'drbd', primary: 'a1', secondary: 'a2' }] }));
    const { code, out } = await runQuietly('hcheck', '-t', file, ...location);
    assert.equal(code, 1);
    assert.match(out, /^Broken: db: replicas in different groups: .*db1/m);
  });
});
