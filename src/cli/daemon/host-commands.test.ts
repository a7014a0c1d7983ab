import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { configVersion, keys } from '../../model/index.ts';
import { openStore, readBackup, type Store } from '../../store/index.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let dir: string;
const gantry = (...args: string[]) => runInProcess(args, { HOME: dir });
/** The user that the tests run as, so that nothing is given away. */
const user = ['--user', process.getuid?.() === 0 ? 'root' : 'nobody'];
const init = (...more: string[]) =>
  gantry('cluster', 'init', '--name', 'c1', '--state-dir', dir, '--node-name', 'n1', '--address', '10.0.0.1', ...user, ...more);
const storeUrl = () => `sqlite:${join(dir, 'master', 'store.db')}`;
async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeUrl());
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
const master = (name: string) => join(dir, 'master', name);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-host-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a new cluster has its certificates, users and first configuration, for their owner alone', async () => {
  assert.deepEqual(
    await init('--api-address', 'api.example.org', '--console-ports', '5900-6000', '--mac-prefix', 'aa:bb:cc', '--tiny-dir', '/tiny'),
    {
      code: 0,
      stdout: `Cluster c1 is initialised in ${dir}.\n`,
      stderr: '',
    },
  );
  const modes = async (folder: string) =>
    Object.fromEntries(
      await Promise.all(
        (await readdir(join(dir, folder))).map(async (name) => [name, (await stat(join(dir, folder, name))).mode & 0o777] as const),
      ),
    );
  const own = 0o600;
  const inMaster = await modes('master');
  for (const name of ['api.crt', 'api.key', 'ca.crl', 'ca.key', 'master.crt', 'master.key', 'secrets.key', 'users'])
    assert.equal(inMaster[name], own, name);
  assert.equal(inMaster['ca.crt'], 0o644);
  assert.deepEqual(await modes('node'), { 'ca.crl': own, 'ca.crt': own, 'node.crt': own, 'node.key': own });
  assert.equal((await stat(join(dir, 'master'))).mode & 0o777, 0o700);
  const api = new X509Certificate(await readFile(master('api.crt')));
  for (const name of ['api.example.org', 'localhost', 'n1']) assert.ok(api.checkHost(name), name);
  for (const address of ['127.0.0.1', '10.0.0.1']) assert.ok(api.checkIP(address), address);
  const [cluster, node] = await inStore(async (store) => {
    const { entries } = await store.range(keys.config);
    const values = (prefix: string) =>
      entries.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => JSON.parse(value) as Record<string, unknown>);
    return [values(keys.cluster)[0], values(keys.node(''))[0]];
  });
  const { cluster_name: name, mac_prefix, enabled_hypervisors, port_range, os_hvp } = cluster ?? {};
  assert.deepEqual([name, mac_prefix, enabled_hypervisors, port_range], ['c1', 'aa:bb:cc', ['kvm'], [5900, 6000]]);
  assert.match(JSON.stringify(os_hvp), /^\{"tiny":\{"kvm":\{.*"\/tiny\/vmlinuz"/);
  assert.deepEqual([node?.['name'], node?.['primary_ip'], node?.['agent_port']], ['n1', '10.0.0.1', 1811]);
});

test('a folder that has a cluster is left as it is, and so is a store', async () => {
  await init();
  const before = await readFile(master('ca.key'), 'utf8');
  const again = await init();
  assert.equal(again.code, 5);
  assert.match(again.stderr, /CLUSTER_EXISTS/);
  await rm(master('ca.crt'));
  const store = await init();
  assert.match(store.stderr, /CLUSTER_EXISTS[^\n]*sqlite:/);
  assert.equal(await readFile(master('ca.key'), 'utf8'), before);
});

test('what a cluster cannot have is refused before anything is made', async () => {
  for (const [args, problem] of [
    [['--hypervisors', 'kvm,xen'], /--hypervisors.*"xen" is none of kvm, /],
    [['--hypervisors', ''], /--hypervisors needs a value/],
    [['--console-ports', '5899-6000'], /--console-ports.*is not a range/],
    [['--console-ports', '6000-5900'], /--console-ports.*is not a range/],
    [['--console-ports', '6000-65536'], /--console-ports.*is not a range/],
    [['--console-ports', '6000'], /--console-ports.*is not a range/],
    [['--name', 'a..b'], /INPUT_INVALID: gantry cluster init: --name/],
    [['--node-name', '-'], /INPUT_INVALID: gantry cluster init: --node-name/],
  ] as const) {
    const { code, stderr } = await init(...args);
    assert.deepEqual([code, problem.test(stderr)], [2, true], `${args.join(' ')}: ${stderr}`);
    assert.equal(existsSync(join(dir, 'master')), false, args.join(' '));
  }
  assert.match((await gantry('cluster', 'init', '--state-dir', dir)).stderr, /CLI_USAGE: --name is missing\./);
});

test('a backup is everything at one time, and never written over a file', async () => {
  await init();
  const to = join(dir, 'b1');
  const made = await gantry('store', 'backup', '--to', to, '--state-dir', join(dir, 'master'), ...user);
  const { content } = await readBackup(to);
  assert.deepEqual(made, { code: 0, stdout: `Backup of ${content.size} keys is in ${to}.\n`, stderr: '' });
  assert.equal((await stat(to)).mode & 0o777, 0o600);
  const again = await gantry('store', 'backup', '--to', to, '--store', storeUrl(), ...user);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /INPUT_INVALID.*--to.*EEXIST/);
});

test('a restored store has what the backup had, a new epoch and no tokens for joining', async () => {
  await init();
  const put = (key: string, value: string) => inStore((store) => store.transact({ compares: [], writes: [{ type: 'put', key, value }] }));
  const restore = (...more: string[]) => gantry('store', 'restore', '--store', storeUrl(), ...user, ...more);
  const backup = join(dir, 'b1');
  await put(keys.joinToken('x'), '{}');
  await put(keys.epoch, 'old');
  await gantry('store', 'backup', '--to', backup, '--store', storeUrl(), ...user);
  await put('/config/later', '1');
  const restored = await restore('--from', backup);
  const content = await inStore(async (store) => new Map((await store.range('/')).entries.map(({ key, value }) => [key, value])));
  const kept = new Map((await readBackup(backup)).content);
  kept.delete(keys.joinToken('x'));
  const epoch = content.get(keys.epoch) ?? '';
  assert.ok(epoch !== 'old' && epoch.length > 3);
  assert.deepEqual(content, kept.set(keys.epoch, epoch));
  const said = `The store ${storeUrl()} is restored with ${kept.size} keys. Start the master, then run "gantry cluster verify".\n`;
  assert.deepEqual(restored, { code: 0, stdout: said, stderr: '' });
  const asIs = await restore('--as-is');
  assert.deepEqual(asIs, { code: 0, stdout: said, stderr: '' });
  assert.notEqual(await inStore(async (store) => (await store.get(keys.epoch))?.value), epoch);
});

test('a restore needs one source, and for what is there a whole cluster', async () => {
  const restore = (...more: string[]) => gantry('store', 'restore', '--store', storeUrl(), ...user, ...more);
  for (const args of [[], ['--as-is', '--from', join(dir, 'x')]]) {
    const { code, stderr } = await restore(...args);
    assert.equal(code, 2);
    assert.match(stderr, /Exactly one of --from and --as-is is needed\./);
  }
  await init();
  const put = (writes: Parameters<Store['transact']>[0]['writes']) => inStore((store) => store.transact({ compares: [], writes }));
  await put([{ type: 'put', key: keys.restoring, value: 'b0' }]);
  assert.match((await restore('--as-is')).stderr, /STORE_RESTORING.*b0/);
  await put([
    { type: 'delete', key: keys.restoring },
    { type: 'delete', key: keys.cluster },
  ]);
  assert.match((await restore('--as-is')).stderr, /CLUSTER_MISSING/);
});

test('a damaged store is moved aside for a backup, and only for one', async () => {
  await init();
  const backup = join(dir, 'b1');
  await gantry('store', 'backup', '--to', backup, '--store', storeUrl(), ...user);
  await writeFile(master('store.db'), 'no database '.repeat(1000));
  for (const part of ['-wal', '-shm']) await rm(master(`store.db${part}`), { force: true });
  const asIs = await gantry('store', 'restore', '--store', storeUrl(), ...user, '--as-is');
  assert.match(asIs.stderr, /STORE_CORRUPT/);
  const { code, stdout, stderr } = await gantry('store', 'restore', '--store', storeUrl(), ...user, '--from', backup);
  assert.equal(code, 0, stderr);
  const [, aside = ''] = /^The damaged store was moved to (\S+\.damaged-\d+)\.\nThe store /.exec(stdout) ?? [];
  assert.match(await readFile(aside, 'utf8'), /^no database/);
  assert.ok(await inStore((store) => store.get(keys.cluster)));
});

test('an older configuration is migrated after a backup; a newer one is refused by everything that would write', async () => {
  await init();
  const store = ['--store', storeUrl(), '--state-dir', join(dir, 'master'), ...user];
  const read = () => inStore(async (open) => new Map((await open.range('/')).entries.map(({ key, value }) => [key, value])));
  const setVersion = (version: number) =>
    inStore(async (open) => {
      const cluster = JSON.parse((await open.get(keys.cluster))?.value ?? '') as object;
      const value = JSON.stringify({ ...cluster, config_version: version });
      await open.transact({ compares: [], writes: [{ type: 'put', key: keys.cluster, value }] });
    });
  const backup = join(dir, 'b1');
  const upToDate = 'The configuration has the version of this Gantry; there is nothing to migrate.\n';
  for (const args of [['--dry-run'], []])
    assert.deepEqual(await gantry('store', 'migrate', ...args, ...store), { code: 0, stdout: upToDate, stderr: '' });
  await setVersion(configVersion - 1);
  const old = await read();
  const rehearsed = await gantry('store', 'migrate', '--dry-run', ...store);
  assert.match(
    rehearsed.stdout,
    /from version 0 to version 1:\n.*1 of \d+ keys would change, and 0 would be new\. Nothing was changed\.\n$/s,
  );
  assert.deepEqual(await read(), old);
  const leading = await inStore(async (open) => {
    await open.transact({ compares: [], writes: [{ type: 'put', key: keys.leader, value: '{"name":"n7","since":0}' }] });
    const refused = await gantry('store', 'migrate', ...store);
    await open.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
    return refused;
  });
  assert.match(leading.stderr, /STORE_IN_USE.*n7/);
  const migrated = await gantry('store', 'migrate', ...store);
  const [, file = ''] = /from version 0 to version 1\. The store before it is in (\S+)\.\n$/.exec(migrated.stdout) ?? [];
  assert.deepEqual((await readBackup(file)).content, old);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await setVersion(configVersion + 1);
  const newer = await read();
  await gantry('store', 'backup', '--to', backup, ...store);
  for (const args of [['migrate'], ['restore', '--as-is'], ['restore', '--from', backup]])
    assert.match((await gantry('store', ...args, ...store)).stderr, /STORE_VERSION_NEWER.* 2; .* 1\./, args.join(' '));
  assert.match(
    (await gantry('master', '--listen', '127.0.0.1:1', ...store)).stderr,
    /STORE_VERSION_NEWER.*\n.*\n.*store restore --from \S+backup"/,
  );
  assert.deepEqual(await read(), newer);
  await gantry('store', 'restore', '--from', file, ...store);
  assert.equal((await gantry('store', 'migrate', ...store)).code, 0, 'a backup of an older version is migrated like any other store');
});
