import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bottlenecks, prepareCluster, survivability } from '../../placement/index.ts';
import { parseText } from '../sources/text/parse-text.ts';
import { type LoadedLocation, loadLocation } from './load-location.ts';
import { printBottlenecks, printSurvivability } from './print-survivability.ts';

const example = join(import.meta.dirname, '../../../docs/examples/location');
const cluster = prepareCluster(parseText(await readFile(join(example, 'cluster.data'), 'utf8'), 'cluster.data'));

test('the example of the documentation is loaded, and judged', async () => {
  const { location, rules } = (await loadLocation({ locationFile: join(example, 'location.yaml') }, cluster)) as LoadedLocation;
  assert.deepEqual(
    rules.breaches().map(({ rule }) => rule),
    [
      'everything: replicas in different racks',
      'web: at most 1 per rack',
      'db: survives a rack: replicas in different ones',
      'db: survives a rack: at most 1 in one',
      'cache: in at least 2 rooms',
      'build: desired in room-b',
    ],
  );
  const printed = printSurvivability(survivability(cluster, location));
  assert.match(
    printed,
    /If rack rack1 fails, 5 instances stop:\n {2}cannot restart, both nodes: web1, web2, db1\n {2}service web has 1 of 2 members alive, and 1 once all others are restarted\n {2}service db has 0 of 1 members alive, until the others are restarted\n/,
  );
  assert.match(printed, /If rack rack3 fails, 1 instance stops:\n/);
  assert.match(printed, /\n6 of 11 failure domains can be lost without harm\.\n$/);
  const busy = { ...cluster, instances: cluster.instances.map((one) => ({ ...one, writeRate: one.name === 'build1' ? 1200 : undefined })) };
  assert.equal(
    printBottlenecks(bottlenecks(busy, location.topology)),
    'room-a - room-b: 116 % of 10000 Mbit/s, OVERLOADED; 10066 Mbit/s of 1 mirror, 1500 Mbit/s of others\n',
  );
});

test('whatever is wrong with names and rules is one error with its file and line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'location-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'wrong.yaml');
  const wrong = async (text: string, code: string, message: RegExp) => {
    await writeFile(file, text);
    await assert.rejects(
      loadLocation({ locationFile: file }, cluster),
      (error: Error & { code?: string }) =>
        error.code === code && message.test(error.message.replaceAll(file, 'FILE')) && !error.message.includes('{'),
      `${code} ${message}`,
    );
  };
  const racks =
    'levels: [rack]\ndomains:\n  - { name: r1, level: rack, nodes: [node1, node2] }\n  - { name: r2, level: rack, nodes: [node3] }\n';
  const service = (rule: string) => `${racks}services:\n  - name: web\n    members: ["web*"]\n    rules:\n      - ${rule}\n`;
  await wrong(racks.replace('node3', 'nodd3'), 'LOCATION_UNKNOWN', /^FILE:4: there is no node "nodd3"\. Is "node3" meant\?/);
  await wrong(racks.replace('node3', 'node1'), 'LOCATION_NODE_TWICE', /^FILE:4: node node1 is in two domains of level rack: r1 and r2\./);
  await wrong(racks.replace('r2', 'r1'), 'LOCATION_DUPLICATE', /^FILE:4: there are two domains "r1"; the other one is at FILE:3\./);
  await wrong(racks.replace('level: rack, nodes: [node3]', 'level: rak'), 'LOCATION_UNKNOWN', /^FILE:4: there is no level "rak"/);
  await wrong(racks.replace('nodes: [node3]', 'in: r9'), 'LOCATION_UNKNOWN', /^FILE:4: there is no failure domain "r9"/);
  await wrong(racks.replace('nodes: [node3]', 'in: r1'), 'LOCATION_INVALID', /^FILE:4: r2 is a rack and cannot be in r1/);
  const circle = 'levels: [a, b]\ndomains:\n  - { name: x, level: a, in: y }\n  - { name: y, level: b, in: x }\n';
  await wrong(circle, 'LOCATION_CYCLE', /^FILE:3: domains contain each other: x in y in x\./);
  await wrong('levels: [node]\n', 'LOCATION_INVALID', /"node" is always there/);
  await wrong('levels: [a, a]\n', 'LOCATION_DUPLICATE', /two levels "a"/);
  await wrong(`${racks}links:\n  - { between: [r1, r3] }\n`, 'LOCATION_UNKNOWN', /^FILE:6: there is no failure domain or node group "r3"/);
  await wrong(`${racks}links:\n  - { between: [r1, r1] }\n`, 'LOCATION_INVALID', /^FILE:6: a link leads from r1 to itself/);
  await wrong(`${racks}migration:\n  - { nodes: [nowhere] }\n`, 'LOCATION_UNKNOWN', /^FILE:6: there is no node "nowhere"/);
  await wrong(service('together: { level: room }'), 'LOCATION_UNKNOWN', /^FILE:9: there is no level "room"/);
  await wrong(service('apart: { service: wob, level: rack }'), 'LOCATION_UNKNOWN', /^FILE:9: there is no service "wob"\. Is "web" meant/);
  await wrong(service('pinned: [r1, q7]'), 'LOCATION_UNKNOWN', /^FILE:9: there is no .* "q7"/);
  await wrong(service('together: { level: rack }').replace('web*', 'webb'), 'LOCATION_UNKNOWN', /^FILE:6: there is no instance "webb"/);
  const twice = `${service('near: { latency: 1 }')}  - { name: web, members: [db1] }\n`;
  await wrong(twice, 'LOCATION_DUPLICATE', /^FILE:10: there are two services "web"; the other one is at FILE:6/);
  const conflict = `${service('spread: { level: rack, atMost: 1 }')}      - pinned: [r1, r2]\n`;
  await wrong(
    conflict,
    'LOCATION_CONFLICT',
    /"web: at most 1 per rack" \(FILE:9\), "web: only in r1, r2" \(FILE:10\)\. web has 3 members, and 2 racks and 3 nodes are open/,
  );
});
