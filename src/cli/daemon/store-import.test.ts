import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { keys } from '../../model/index.ts';
import { openStore, readBackup, readContent, type Store } from '../../store/index.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let dir: string;
let file: string;
let options: string[];
const gantry = (...args: string[]) => runInProcess(args, { HOME: dir });
const user = ['--user', process.getuid?.() === 0 ? 'root' : 'nobody'];
const storeUrl = () => `sqlite:${join(dir, 'master', 'store.db')}`;

const given = {
  gantry_import: 1,
  groups: [{ name: 'rack1' }],
  nodes: [{ name: 'n2', primary_ip: '10.0.0.2', group: 'rack1' }],
  instances: [
    { name: 'web1', primary_node: 'n2', hypervisor: 'kvm', disk_template: 'diskless', nics: [{ ip: '10.0.0.9' }] },
    { name: 'web2', primary_node: 'n1', hypervisor: 'kvm', disk_template: 'diskless', nics: [{}] },
  ],
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-import-'));
  file = join(dir, 'cluster.json');
  options = ['--from', file, '--store', storeUrl(), '--state-dir', join(dir, 'master'), ...user];
  await writeFile(file, JSON.stringify(given));
  await gantry('cluster', 'init', '--name', 'c1', '--state-dir', dir, '--node-name', 'n1', '--address', '10.0.0.1', ...user);
});
afterEach(() => rm(dir, { recursive: true }));

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeUrl());
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const content = () => inStore(async (store) => new Map(await readContent(store)));
const counts = '1 node groups, 0 networks, 1 nodes and 2 instances';

test('a file is checked without a change, then imported after a backup', async () => {
  const before = await content();
  const rehearsed = await gantry('store', 'import', '--dry-run', ...options);
  assert.deepEqual(rehearsed, { code: 0, stdout: `${counts} would be imported. Nothing was changed.\n`, stderr: '' });
  assert.deepEqual(await content(), before);
  const { code, stdout, stderr } = await gantry('store', 'import', ...options);
  assert.deepEqual([code, stderr], [0, '']);
  const [, backup = ''] = /^1 of 1 parts are written\.\nThe store before it is in (\S+before-import-\d+\.backup)\.\n/.exec(stdout) ?? [];
  assert.deepEqual((await readBackup(backup)).content, before);
  assert.ok(stdout.includes(`\n${counts} are imported. Start the master`), stdout);
  const after = await content();
  assert.equal(after.has(keys.importing), false);
  assert.ok(after.has(keys.name('instance', 'web2')));
  const again = await gantry('store', 'import', ...options);
  assert.match(again.stderr, /IMPORT_CONFLICT.*the store has a group rack1 already/);
});

test('what a verification would report as an error is not imported; a warning is told', async () => {
  await writeFile(file, JSON.stringify({ ...given, instances: [...given.instances, { ...given.instances[0], name: 'web3' }] }));
  const { code, stdout } = await gantry('store', 'import', '--dry-run', ...options);
  assert.equal(code, 0);
  assert.match(stdout, /^instance web3: NIC 0: the address 10\.0\.0\.9 is also that of instance web1\.\n/);
  await writeFile(file, '{"gantry_import": 1, "instances": [{"name": "a"}]}');
  const wrong = await gantry('store', 'import', ...options);
  assert.match(wrong.stderr, /IMPORT_FILE_INVALID.*instances\.0/);
  await rm(file);
  assert.match((await gantry('store', 'import', ...options)).stderr, /IMPORT_FILE_INVALID.*ENOENT/);
});

test('nothing is imported while a master leads, into a half store, or into one of another version', async () => {
  const put = (key: string, value: string) => inStore((store) => store.transact({ compares: [], writes: [{ type: 'put', key, value }] }));
  const refused = async (code: RegExp) => assert.match((await gantry('store', 'import', ...options)).stderr, code);
  const forget = (key: string) => inStore((store) => store.transact({ compares: [], writes: [{ type: 'delete', key }] }));
  await put(keys.leader, '{"name":"n7","since":0}');
  await refused(/STORE_IN_USE.*n7/);
  await forget(keys.leader);
  await put(keys.restoring, 'b0');
  await refused(/STORE_RESTORING.*b0/);
  await forget(keys.restoring);
  const cluster = JSON.parse((await content()).get(keys.cluster) ?? '') as { config_version: number };
  const version = (more: number) => put(keys.cluster, JSON.stringify({ ...cluster, config_version: cluster.config_version + more }));
  await version(1);
  await refused(/STORE_VERSION_NEWER/);
  await version(-1);
  const older = await gantry('store', 'import', '--dry-run', ...options);
  assert.match(older.stderr, /gantry store migrate/);
  const migrated = await gantry('store', 'import', ...options);
  assert.equal(migrated.code, 0, migrated.stderr);
  assert.match(await readFile(file, 'utf8'), /gantry_import/);
});
