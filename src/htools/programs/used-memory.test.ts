import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { allocation, requestOf, runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

/** Both nodes have promised nearly all; what is used is little on the first and much on the second. */
const promised: SmallCluster = {
  nodes: [{ name: 'lazy', master: true }, { name: 'busy' }],
  instances: ['lazy', 'lazy', 'busy', 'busy'].map((primary, k) => ({
    name: `i${k}`,
    template: 'ext',
    primary,
    memory: 15_000,
    used: primary === 'lazy' ? 2000 : 14_900,
  })),
};

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-memory-'));
  await writeFile(join(folder, 'used'), 'i0 2000\ni1 2000\ni2 14900\ni3 14900\n');
});
after(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function placed(...options: readonly string[]): Promise<string[]> {
  const file = await write('request.json', JSON.stringify(requestOf(promised, allocation('new', 'ext'))));
  const { code, out, err } = await runQuietly('hail', file, '--no-capacity-checks', ...options);
  assert.equal(code, 0, err);
  return JSON.parse(out).result;
}

test('hail: more is promised than there is only where the ratio allows it, and never what is in use', async () => {
  const used = ['--used-memory', join(folder, 'used')];
  assert.deepEqual(await placed(...used), [], 'no memory is promised twice, used or not');
  assert.deepEqual(await placed(...used, '--memory-ratio', '1.5'), ['lazy']);
});

test('hail: the monitor may tell the same', async () => {
  const mebibytes = (amount: number) => amount * 2 ** 20;
  const reports = (node: string, used: Record<string, number>) => ({
    node,
    reports: [
      { name: 'cpu-avg-load', data: { cpu_total: 1 } },
      { name: 'kvm-inst-rss', data: used },
    ],
  });
  const file = await write(
    'mond.json',
    JSON.stringify([
      reports('lazy', { i0: mebibytes(2000), i1: mebibytes(2000) }),
      reports('busy', { i2: mebibytes(14_900), i3: mebibytes(14_900) }),
    ]),
  );
  const options = ['--mond', '--mond-data', file, '--mond-kvm-rss', '--memory-ratio', '1.5'];
  assert.deepEqual(await placed(...options), ['lazy']);
});

test('hspace counts more with a ratio, and fewer where memory is in use', async () => {
  const source = ['-t', await write('cluster.data', textOf(promised)), '--disk-template', 'ext', '--standard-alloc', '1g,1g,1'];
  const counted = async (...options: readonly string[]) => {
    const { out } = await runQuietly('hspace', ...source, '--no-capacity-checks', ...options);
    return Number(/(\d+) instances allocated\n/.exec(out)?.[1]);
  };
  const plain = await counted();
  const generous = await counted('--memory-ratio', '2');
  const measured = await counted('--memory-ratio', '2', '--used-memory', join(folder, 'used'));
  assert.ok(plain < measured && measured < generous, `${plain} ${measured} ${generous}`);
});

test('hsqueeze switches off what the ratio makes room for', async () => {
  const idle: SmallCluster = { ...promised, instances: promised.instances.slice(0, 3).map((one) => ({ ...one, used: 2000 })) };
  const used = join(folder, 'little');
  await writeFile(used, 'i0 2000\ni1 2000\ni2 2000\n');
  const source = ['-t', await write('cluster.data', textOf(idle)), '--minimal-resources', '0', '--target-resources', '0'];
  const plain = await runQuietly('hsqueeze', ...source);
  assert.match(plain.out, /No action/);
  const denser = await runQuietly('hsqueeze', ...source, '--memory-ratio', '2', '--used-memory', used, '--memory-limits', '1,1');
  assert.match(denser.out, /'Nodes to offline'\nbusy\n/);
});

test('hbal empties a node into memory that is promised but not used', async () => {
  const policy = '1024,1,1024,1,1,1|1,1,1,0,0,1;65536,16,1048576,16,8,16|ext|8.0|64.0|1.5';
  const file = await write('ratio.data', `${textOf(promised)}\n|${policy}\ngroup1|${policy}\n`);
  const evacuate = (node: string, ...options: readonly string[]) => runQuietly('hbal', '-t', file, '-E', '-O', node, ...options);
  const used = ['--used-memory', join(folder, 'used')];
  const saved = join(folder, 'saved');
  assert.match((await evacuate('busy', ...used, '-S', saved)).out, /=> lazy/);
  assert.match((await evacuate('lazy', ...used)).out, /No solution found/, 'there it is in use');
  assert.match((await evacuate('busy', ...used, '--memory-ratio', '1')).out, /No solution found/);
  assert.match(await readFile(`${saved}.original`, 'utf8'), /^group1\|.*\|1\.5$/m, 'the ratio is saved with the policy');
});

for (const [option, text, message] of [
  ['--memory-ratio', '0.5', /memory ratio, expected >=1/],
  ['--memory-ratio', 'much', /memory ratio: cannot parse string 'much'/],
] as const) {
  test(`${option} ${text} is refused`, async () => {
    const { code, err } = await runQuietly('hspace', '--simulate', 'p,2,1t,8g,4', option, text);
    assert.equal(code, 1);
    assert.match(err, message);
  });
}

for (const [text, message] of [
  ['i0', /used, line 1 \(used memory\): Cannot parse line i0/],
  ['i0 12 13', /line 1 .*Cannot parse line i0 12 13/],
  ['i0 -5', /used memory is negative: -5/],
  ['i0 5\ni0 6', /line 2 .*There is a second line for i0/],
] as const) {
  test(`used memory that cannot be read: ${JSON.stringify(text)}`, async () => {
    const used = await write('bad-used', text);
    const { code, err } = await runQuietly('hinfo', '-t', await write('cluster.data', textOf(promised)), '--used-memory', used);
    assert.equal(code, 1);
    assert.match(err, message);
  });
}

test('instances that are not there are named', async () => {
  const used = await write('old-used', 'gone 5\n');
  const { code, err } = await runQuietly('hinfo', '-t', await write('cluster.data', textOf(promised)), '--used-memory', used);
  assert.equal(code, 0);
  assert.match(err, /Warning: .*old-used names instances that do not exist: gone/);
});
