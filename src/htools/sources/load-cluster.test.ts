import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Collected, collectClusters } from './collect-clusters.ts';
import { loadCluster } from './load-cluster.ts';
import { dataFile, dataText } from './testing/data-file.ts';
import { expectError } from './testing/expect-error.ts';
import { replayMaster } from './testing/replay-master.ts';
import { parseUtilisation } from './utilisation.ts';

const folder = await mkdtemp(join(tmpdir(), 'sources-'));
after(() => rm(folder, { recursive: true }));
const textFile = dataFile('hscan.data');

test('no source, or two', async () => {
  await expectError(() => loadCluster({}), 'HTOOLS_SOURCE_MISSING', /No backend selected/);
  const twice = { textFile: '/dev/null', rapi: 'localhost' };
  await expectError(
    () => loadCluster(twice),
    'HTOOLS_SOURCE_AMBIGUOUS',
    /^Only one of the rapi, luxi, and data files options should be given\.$/,
  );
});

test('a file that is not there', () =>
  expectError(() => loadCluster({ textFile: '/no/such' }), 'HTOOLS_SOURCE_UNREADABLE', /\/no\/such.*ENOENT/));

test('loads from a file; names that are not known do not matter', async () => {
  const utilisationFile = join(folder, 'loads');
  await writeFile(utilisationFile, 'inst2.r5.test 0.5 2 3e1 4\nnobody 1 1 1 1\n');
  const { instances } = await loadCluster({ textFile, utilisationFile });
  assert.deepEqual(
    instances.slice(0, 2).map(({ load }) => load),
    [undefined, { cpu: 0.5, memory: 2, disk: 30, network: 4 }],
  );
  const ignored = await loadCluster({ textFile, utilisationFile, ignoreLoad: true });
  assert.deepEqual(ignored.instances[1]?.load, { cpu: 0, memory: 0, disk: 0, network: 0 });
});

for (const [text, message] of [
  ['a', /^f, line 1 \(utilisation\): Cannot parse line a$/],
  ['a 1 1 1 1\na b c d e f g h', /line 2.*Cannot parse line a b/],
  ['inst cpu mem dsk net', /cannot parse string 'cpu'/],
  ['inst 1 1 -1 1', /disk is negative: -1/],
  ['inst 1 1 1 1\n\n', /line 2.*Cannot parse line/],
] as const) {
  test(`a load that is none: ${JSON.stringify(text)}`, () =>
    expectError(() => parseUtilisation(text, 'f'), 'HTOOLS_TEXT_INVALID', message));
}

test('memory of the node itself is replaced on KVM alone', async () => {
  const rapi = join(folder, 'kvm');
  const loadWith = async (hypervisor: string, staticKvmNodeMemory: number) => {
    await using source = await rapiFolder(rapi, hypervisor);
    return (await loadCluster({ rapi: source.url, staticKvmNodeMemory })).nodes[0]?.nodeMemory;
  };
  assert.equal(await loadWith('kvm', 4096), 4096);
  assert.equal(await loadWith('kvm', 0), 559);
  assert.equal(await loadWith('fake', 4096), 559);
});

async function rapiFolder(path: string, hypervisor: string) {
  await mkdir(path);
  for (const name of await readdir(dataFile('rapi'))) {
    await writeFile(
      join(path, name),
      dataText(`rapi/${name}`).replace('"default_hypervisor": "fake"', `"default_hypervisor": "${hypervisor}"`),
    );
  }
  return { url: `file://${path}`, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('clusters are collected into files; one that fails leaves none and does not stop the others', async () => {
  const good = `file://${dataFile('rapi')}`;
  const outcomes: Collected[] = [];
  for await (const outcome of collectClusters({ rapi: ['file:///no/such', good], folder })) outcomes.push(outcome);
  const [bad, saved] = outcomes;
  assert.ok(bad && 'error' in bad && bad.error.code === 'HTOOLS_SOURCE_UNREADABLE');
  assert.ok(saved && 'file' in saved && saved.name === good);
  assert.equal(await readFile(saved.file, 'utf8'), dataText('rapi/oracle.data'));
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('no_such')),
    [],
  );
});

test('without hosts the master of this host is collected', async () => {
  await using master = await replayMaster();
  for await (const outcome of collectClusters({ rapi: [], luxiSocket: master.path, folder })) {
    assert.ok('file' in outcome && outcome.name === 'LOCAL');
    assert.equal(await readFile(join(folder, 'LOCAL.data'), 'utf8'), dataText('luxi-oracle.data'));
  }
});

test('a folder that cannot be written, and a password that stays out of the name', async () => {
  const rapi = ['http://admin:s3cret@127.0.0.1:1/', `file://${dataFile('rapi')}`];
  const texts: string[] = [];
  for await (const outcome of collectClusters({ rapi, folder: '/no/such/folder' })) {
    texts.push('error' in outcome ? `${outcome.error.code} ${outcome.error.message}` : 'saved');
  }
  assert.match(texts.join('\n'), /^HTOOLS_RAPI_UNREACHABLE .*\nHTOOLS_SAVE_FAILED .*\/no\/such\/folder\/file:_.*ENOENT/);
  assert.doesNotMatch(texts.join(), /s3cret/);
});
