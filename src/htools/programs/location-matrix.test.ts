import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DiskTemplate, ganetiDiskTemplates, supportsMoves } from '../../model/disk-templates/catalogue.ts';
import { allocation, evacuation, requestOf, runQuietly, type SmallCluster, type SmallInstance, textOf } from './testing/small-cluster.ts';

/**
 * Each program with instances of each disk template, and a hard rule that it breaks when it is not told: the members of `web`
 * are in different racks. The nodes of rack `a` are empty, those of rack `b` full, so that everything wants to go to `a`,
 * where web1 is.
 */
const rules = `
levels: [rack]
domains:
  - { name: a, level: rack, nodes: [a1, a2] }
  - { name: b, level: rack, nodes: [b1, b2] }
services:
  - name: web
    members: ["web*"]
    rules:
      - spread: { level: rack, atMost: 1 }
`;

const nodes = [{ name: 'm', master: true }, { name: 'a1' }, { name: 'a2' }, { name: 'b1' }, { name: 'b2' }];
const filler = (name: string, primary: string): SmallInstance => ({ name, template: 'plain', primary, memory: 12_288 });
const mirrored = (one: SmallInstance, secondary: string): SmallInstance => (one.template === 'drbd' ? { ...one, secondary } : one);
const web = (name: string, template: DiskTemplate, primary: string, secondary: string): SmallInstance =>
  mirrored({ name, template, primary }, secondary);

const rackOf = (node: string): string => node[0] as string;

let folder = '';
let location: readonly string[] = [];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-matrix-'));
  location = ['--location', join(folder, 'location.yaml')];
  await writeFile(join(folder, 'location.yaml'), rules);
});
after(() => rm(folder, { recursive: true, force: true }));

async function clusterFile(cluster: SmallCluster): Promise<string> {
  const file = join(folder, 'cluster.data');
  await writeFile(file, textOf(cluster));
  return file;
}

async function hail(cluster: SmallCluster, request: object, ...options: readonly string[]) {
  const file = join(folder, 'request.json');
  await writeFile(file, JSON.stringify(requestOf(cluster, request)));
  const { code, out, err } = await runQuietly('hail', file, ...options);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

/** The primary node of an instance in a file that a program saved. */
async function primaryIn(file: string, instance: string): Promise<string> {
  const line = (await readFile(file, 'utf8')).split('\n').find((text) => text.startsWith(`${instance}|`)) ?? '';
  return line.split('|')[6] as string;
}

for (const template of ganetiDiskTemplates) {
  const isMovable = supportsMoves(template);
  /** The one that moves; where its template does not let it, it is the other that has the template. */
  const mover = isMovable ? template : 'ext';
  const crowded: SmallCluster = {
    nodes,
    instances: [
      filler('f0', 'm'),
      filler('f1', 'b1'),
      filler('f2', 'b2'),
      filler('f3', 'b1'),
      web('web1', template, 'a1', 'm'),
      web('web2', mover, 'b1', 'm'),
    ],
  };

  describe(`rules of location and ${template}`, () => {
    test('hail places a member in the other rack', async () => {
      const one: SmallCluster = { ...crowded, instances: crowded.instances.filter(({ name }) => name !== 'web2') };
      const free = await hail(one, allocation('web2', template));
      assert.equal(rackOf(free.result[0]), 'a', 'without the rule it goes to the emptier rack');
      const bound = await hail(one, allocation('web2', template), ...location);
      assert.notEqual(rackOf(bound.result[0]), 'a', bound.info);
    });

    test('hail evacuates to the same rack', async () => {
      const mode = template === 'drbd' ? 'all' : 'primary-only';
      const free = await hail(crowded, evacuation(['web2'], mode));
      const bound = await hail(crowded, evacuation(['web2'], mode), ...location);
      const targetOf = (answer: { result: [[string, string, string[]][]] }) => answer.result[0][0]?.[2][0] as string;
      assert.equal(rackOf(targetOf(free)), 'a');
      assert.notEqual(rackOf(targetOf(bound)), 'a');
    });

    test('hbal does not bring members together', async () => {
      const file = await clusterFile(crowded);
      const saved = join(folder, 'hbal');
      await runQuietly('hbal', '-t', file, '-S', saved);
      assert.equal(rackOf(await primaryIn(`${saved}.balanced`, 'web2')), 'a');
      await runQuietly('hbal', '-t', file, '-S', saved, ...location);
      const places = await Promise.all(['web1', 'web2'].map((name) => primaryIn(`${saved}.balanced`, name)));
      assert.notEqual(rackOf(places[0] as string), rackOf(places[1] as string));
    });

    test('hbal brings members apart that are together', async () => {
      const together = { ...crowded, instances: [...crowded.instances.slice(0, -1), web('web2', mover, 'a2', 'm')] };
      const { out } = await runQuietly('hbal', '-t', await clusterFile(together), ...location);
      assert.match(out, /Rules of location: hard ones broken by 1,/);
      assert.match(out, /Rules of location: all hard ones hold/);
    });

    test('hsqueeze switches off no node that a member needs', async () => {
      // Only b2 can be switched off, or both a1 and a2 could take what is on it.
      const idle: SmallCluster = {
        nodes: [{ name: 'm', master: true }, { name: 'a1', master: true }, { name: 'b2' }],
        instances: [web('web1', template, 'a1', 'm'), web('web2', mover, 'b2', 'm')],
      };
      const file = await clusterFile(idle);
      const pinned = join(folder, 'pinned.yaml');
      await writeFile(pinned, rules.replace('b1, b2', 'b2').replace('a1, a2', 'a1, m'));
      const options = ['-t', file, '--minimal-resources', '1', '--target-resources', '1', '--drbd'];
      const free = await runQuietly('hsqueeze', ...options);
      assert.match(free.out, /'Nodes to offline'\nb2\n/);
      const bound = await runQuietly('hsqueeze', ...options, '--location', pinned);
      assert.match(bound.out, /'No action'/);
    });

    test('hroller clears nodes into the same rack', async () => {
      const file = await clusterFile(crowded);
      const options = ['-t', file, '--force', '--print-moves', ...(template === 'drbd' ? ['--full-evacuation'] : [])];
      const free = await runQuietly('hroller', ...options);
      const bound = await runQuietly('hroller', ...options, ...location);
      assert.equal(bound.code, 0, bound.err);
      const racks = ({ out }: { out: string }) =>
        [...out.matchAll(/^ {2}(web\d) (\w+)/gm)].map(([, name, node]) => [name, rackOf(node as string)]);
      assert.ok(racks(free).length > 0);
      for (const [name, rack] of racks(bound)) assert.ok(rack === 'm' || (name === 'web1') === (rack === 'a'), `${name} in ${rack}`);
    });

    test('hspace counts as many as the rule has room for, and names it', async () => {
      const one: SmallCluster = { ...crowded, nodes: nodes.slice(1), instances: crowded.instances.slice(1, -1) };
      const file = await clusterFile({
        ...one,
        instances: one.instances.map((each) => (each.template === 'drbd' ? { ...each, secondary: 'b1' } : each)),
      });
      const options = [
        '-t',
        file,
        '--disk-template',
        template,
        '--standard-alloc',
        '10g,2g,1',
        '--tiered-alloc',
        '10g,4g,1',
        '--no-capacity-checks',
      ];
      const free = await runQuietly('hspace', ...options);
      const counted = ({ out }: { out: string }) => Number(/(\d+) instances allocated\n/.exec(out)?.[1]);
      assert.ok(counted(free) > 4);
      const bound = await runQuietly('hspace', ...options, ...location, '--service', 'web');
      assert.equal(bound.code, 0, bound.err);
      assert.equal(counted(bound), 1);
      assert.match(bound.out, /Tiered allocation results:\n {2}- {3}1 instances of spec MEM 4096/);
      assert.match(bound.out, /most likely failure reason: FailLocation/);
      assert.match(bound.out, /one more is refused by: .*web: at most 1 per rack \(rack a has 1 \(web1\)\)/);
    });
  });
}
