import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { allocation, requestOf, runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-measured-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

/** Reports as agents of Gantry give them, by node and instance: busy processors and MiB in use. */
function reports(nodes: Record<string, Record<string, readonly [cpu: number, mebibytes: number]>>): string {
  const said = Object.entries(nodes).map(([node, instances]) => ({
    node,
    reports: [
      { name: 'cpu-avg-load', data: { cpu_total: Object.values(instances).reduce((sum, [cpu]) => sum + cpu, 0) } },
      {
        name: 'inst-usage',
        data: Object.entries(instances).map(([name, [cpu, mebibytes]]) => ({
          name,
          cpu: {},
          memory: {},
          cpuAverage: { 300: cpu },
          memoryAverage: { 300: mebibytes * 2 ** 20 },
        })),
      },
    ],
  }));
  return JSON.stringify(said);
}

test('hbal parts two hot instances where everything looks balanced', async () => {
  const places = { hot1: ['n1', 'n2'], hot2: ['n1', 'n2'], cold1: ['n2', 'n1'], cold2: ['n2', 'n1'] };
  const instances = Object.entries(places).map(([name, [primary = '', secondary = '']]) => ({
    name,
    template: 'drbd' as const,
    primary,
    secondary,
  }));
  const file = await write('cluster.data', textOf({ nodes: [{ name: 'n1', master: true }, { name: 'n2' }], instances }));
  const said = reports({ n1: { hot1: [1.9, 900], hot2: [1.9, 900] }, n2: { cold1: [0.1, 900], cold2: [0.1, 900] } });
  assert.match((await runQuietly('hbal', '-t', file)).out, /Solution length=0/);
  const { out } = await runQuietly('hbal', '-t', file, '--mond=yes', '--mond-data', await write('mond.json', said));
  assert.match(out, /1\. hot\d +n1:n2 => n2:n1 .*\n +2\. cold\d +n2:n1 => n1:n2 /);
});

test('hail goes where memory is really free', async () => {
  const promised = (names: Record<string, string>): SmallCluster => ({
    nodes: [{ name: 'n1', master: true }, { name: 'n2' }],
    instances: Object.entries(names).map(([name, primary]) => ({ name, template: 'ext', primary, memory: 15_000, used: 8000 })),
  });
  const request = requestOf(promised({ a: 'n1', b: 'n1', c: 'n2', d: 'n2' }), allocation('new', 'ext'));
  const file = await write('request.json', JSON.stringify(request));
  const placed = async (n1: number, n2: number) => {
    const said = reports({ n1: { a: [0, n1], b: [0, n1] }, n2: { c: [0, n2], d: [0, n2] } });
    const monitor = ['--mond=yes', '--mond-data', await write('mond.json', said)];
    const { code, out, err } = await runQuietly('hail', file, '--no-capacity-checks', '--memory-ratio', '1.5', ...monitor);
    assert.equal(code, 0, err);
    return JSON.parse(out).result;
  };
  assert.deepEqual(await placed(2000, 14_900), ['n1']);
  assert.deepEqual(await placed(14_900, 2000), ['n2']);
});
