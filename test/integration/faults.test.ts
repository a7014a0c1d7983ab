import assert from 'node:assert/strict';
import { copyFile, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, seededRandom } from '../../src/base/index.ts';
import { findDaemon } from '../../src/cli/local/daemon-process.ts';
import { localPaths } from '../../src/cli/local/local-paths.ts';
import { until } from '../support/until.ts';
import { assertVerified, changesNothing, configurationOf, guestProcesses, tracesOf } from './cluster-traces.ts';
import { type CommandResult, startLocalCluster } from './local-cluster.ts';

const shape = ['--os', 'tiny', '--disk', '64M', '--memory', '128M'];

let cluster: Awaited<ReturnType<typeof startLocalCluster>>;

before(async () => {
  cluster = await startLocalCluster();
});
after(() => cluster.dispose());

const gantry = (...args: string[]) => cluster.succeed(...args);

const add = (name: string, ...args: string[]) => gantry('instance', 'add', name, ...shape, ...args);
const remove = (...names: string[]) =>
  Promise.all(names.map((name) => gantry('instance', 'remove', name, '--yes', '--shutdown-timeout', '0')));

/** Fails unless the command was refused with this exit code and error. */
async function refused(exitCode: number, error: string | RegExp, ...args: string[]): Promise<CommandResult> {
  const result = await cluster.gantry(args);
  assert.equal(result.code, exitCode, `gantry ${args.join(' ')}\n${result.stderr}${result.stdout}`);
  assert.match(result.stderr, typeof error === 'string' ? new RegExp(`Error ${error}: `) : error);
  assert.match(result.stderr, / {2}what to do: {2}\S/);
  return result;
}

async function pidOf(daemon: string): Promise<number> {
  const found = await findDaemon(localPaths(cluster.name, cluster.home).runDir, daemon);
  assert.ok(found, `${daemon} does not run`);
  return found.pid;
}

async function guestPid(name: string): Promise<number | undefined> {
  return (await guestProcesses(cluster.summary.uid_base)).find((guest) => guest.name === name)?.pid;
}

async function field(kind: 'instance' | 'node', name: string, wanted: string): Promise<unknown> {
  const [row] = JSON.parse(await gantry(kind, 'info', name, '--output', 'json')) as Record<string, unknown>[];
  return row?.[wanted];
}

const becomes = (kind: 'instance' | 'node', name: string, wanted: string, value: unknown): Promise<boolean> =>
  until(`${wanted} of ${name} is ${value}`, async () => (await field(kind, name, wanted)) === value);

test('what cannot be is refused with its reason, and nothing changes', async () => {
  await add('taken', '--no-start');
  await changesNothing(cluster, async () => {
    const { stderr } = await refused(3, 'API_OBJECT_UNKNOWN', 'instance', 'info', 'takn');
    assert.match(stderr, /did you mean: +taken/);
    assert.match((await refused(3, 'OBJECT_UNKNOWN', 'instance', 'startup', 'takn')).stderr, /did you mean: +taken/);
    assert.match((await refused(3, 'OBJECT_UNKNOWN', 'instance', 'add', 'new', ...shape, '-n', 'nod2')).stderr, /did you mean: +node\d/);
    const create = ['instance', 'add', 'new', '--os', 'tiny', '--memory', '128M'];
    await refused(5, 'NAME_TAKEN', 'instance', 'add', 'taken', ...shape);
    await refused(5, 'NAME_TAKEN', 'instance', 'add', 'TAKEN', ...shape);
    const client = await cluster.client();
    const op = { OP_ID: 'OP_INSTANCE_CREATE', mode: 'create', disk_template: 'diskless', disks: [], nics: [], os_type: 'tiny' };
    for (const instance_name of ['', 'a b', 'a/b', '../a', '-a;', 'ä', 'a\nb', 'a\0', 'x'.repeat(300)]) {
      await assert.rejects(client.submit([{ ...op, instance_name }]), /field "(ops\.0\.)?instance_name" is not valid/);
    }
    client.close();
    await refused(2, 'INPUT_INVALID', 'instance', 'add', 'a/b', ...shape);
    await refused(2, 'INPUT_INVALID', ...create, '--disk', '0');
    await refused(2, /Error \w+: .*"?-5/, ...create, '--disk=-5');
    await refused(2, 'IPOLICY_VIOLATED', ...create, '--disk', '2T');
    await refused(2, 'IPOLICY_VIOLATED', ...create, '--disk', '64M', '--vcpus', '99');
    await refused(5, 'PLACEMENT_IMPOSSIBLE', ...create, '--disk', '2T', '--ignore-ipolicy');
    await refused(2, 'IPOLICY_VIOLATED', ...create, '--disk', '64M', '--vcpus', '99', '-n', 'node1');
    await refused(2, 'IPOLICY_VIOLATED', 'instance', 'add', 'new', '--os', 'tiny', '--disk', '64M', '-B', 'minmem=128M,maxmem=64G');
    await refused(3, 'OS_UNKNOWN', 'instance', 'add', 'new', ...shape, '--os', 'tinny');
    await refused(2, /nonesuch/, ...create, '--disk', '64M', '-H', 'nonesuch=1');
  });
  await remove('taken');
});

test('QEMU that dies at its start says why, and nothing stays', () =>
  changesNothing(cluster, async () => {
    await refused(
      1,
      /HYPERVISOR_START_FAILED: .*unsupported machine type/,
      'instance',
      'add',
      'odd',
      ...shape,
      '-H',
      'machine_version=odd',
    );
    const noKernel = await refused(1, 'HYPERVISOR_START_FAILED', 'instance', 'add', 'odd', ...shape, '-H', 'kernel_path=/nowhere/vmlinuz');
    assert.match(noKernel.stderr, /could not open kernel file '\/nowhere\/vmlinuz': No such file/);
  }));

test('a disk that fills up in mid-creation leaves nothing behind', async () => {
  const [, node] = cluster.summary.nodes;
  const dir = join(node?.state_dir ?? '', 'file-storage');
  await run('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=755', 'gantry-test', dir]);
  try {
    const create = (...disks: string[]) => [
      'instance',
      'add',
      'big',
      '--os',
      'tiny',
      '--memory',
      '128M',
      '-t',
      'file',
      '-n',
      'node2',
      ...disks,
    ];
    await changesNothing(cluster, () => refused(5, /STORAGE_FULL: .*64 MiB are needed/, ...create('--disk', '10M', '--disk', '64M')));
    await gantry(...create('--disk', '10M'));
    const files = (await tracesOf(cluster)).filter((trace) => trace.startsWith(`file ${dir}/`) && trace.endsWith('.raw'));
    assert.equal(files.length, 1);
    await remove('big');
  } finally {
    await run('umount', [dir]);
  }
  await assertVerified(cluster);
});

test('an agent that was killed takes nothing with it and finds its instance again', async () => {
  await add('kept', '-n', 'node2');
  const guest = await guestPid('kept');
  assert.ok(guest);
  process.kill(await pidOf('agent-node2'), 'SIGKILL');
  await refused(1, 'NODE_UNREACHABLE', 'instance', 'add', 'new', ...shape, '-n', 'node2');
  await becomes('instance', 'kept', 'status', 'ERROR_nodedown');
  assert.match(await gantry('node', 'list'), /node2 .* - /);
  await add('other');
  assert.notEqual(await field('instance', 'other', 'pnode'), 'node2');
  const verify = await cluster.gantry(['cluster', 'verify']);
  assert.equal(verify.code, 1);
  assert.match(verify.stdout, /NODE_UNREACHABLE node node2/);
  await cluster.up();
  await becomes('instance', 'kept', 'status', 'running');
  assert.equal(await guestPid('kept'), guest, 'it is the same QEMU');
  await gantry('instance', 'migrate', 'kept', '-n', 'node1');
  await remove('kept', 'other');
  assert.deepEqual(
    (await tracesOf(cluster)).filter((trace) => /kept|other|process|tap/.test(trace)),
    [],
  );
  await assertVerified(cluster);
});

test('an agent that hangs holds up nobody else, and goes on when it wakes', async () => {
  await add('frozen', '-n', 'node2');
  const agent = await pidOf('agent-node2');
  process.kill(agent, 'SIGSTOP');
  try {
    await becomes('instance', 'frozen', 'status', 'ERROR_nodedown');
    const list = await gantry('node', 'list');
    assert.match(list, /node1 .*\dG/);
    assert.match(list, /node3 .*\dG/);
    await add('brisk');
    assert.notEqual(await field('instance', 'brisk', 'pnode'), 'node2');
    await refused(1, /NODE_UNREACHABLE|TIMED_OUT/, 'instance', 'add', 'new', ...shape, '-n', 'node2');
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  await becomes('instance', 'frozen', 'status', 'running');
  await remove('frozen', 'brisk');
  await assertVerified(cluster);
});

test('a job goes to its end after its master was killed', async () => {
  const random = seededRandom(20261122);
  const before = await tracesOf(cluster);
  /** Submits, kills the master at some moment of the job, starts another and waits for the end of the job. */
  const interrupted = async (op: Record<string, unknown>, withinMs: number): Promise<string> => {
    const client = await cluster.client();
    const id = await client.submit([op]);
    await sleep(random() * withinMs);
    process.kill(await pidOf('master'), 'SIGKILL');
    client.close();
    await cluster.up();
    const next = await cluster.client();
    await until(`job ${id} ends`, async () => ['success', 'error'].includes((await next.job(id)).status));
    const { status } = await next.job(id);
    next.close();
    return status;
  };
  const params = {
    mode: 'create',
    disk_template: 'sharedfile',
    disks: [{ size: 64 }],
    nics: [{}],
    os_type: 'tiny',
    beparams: { memory: 128 },
  };
  for (const name of ['cut1', 'cut2', 'cut3']) {
    const status = await interrupted({ OP_ID: 'OP_INSTANCE_CREATE', instance_name: name, ...params }, 400);
    await assertVerified(cluster);
    if (status === 'error') {
      await refused(3, 'API_OBJECT_UNKNOWN', 'instance', 'info', name);
      await add(name);
    }
    await becomes('instance', name, 'status', 'running');
  }
  for (const withinMs of [200, 700]) {
    const guest = await guestPid('cut1');
    const from = await field('instance', 'cut1', 'pnode');
    const status = await interrupted({ OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'cut1' }, withinMs);
    await assertVerified(cluster);
    await becomes('instance', 'cut1', 'status', 'running');
    const moved = (await field('instance', 'cut1', 'pnode')) !== from;
    assert.equal(moved, status === 'success');
    assert.equal((await guestPid('cut1')) !== guest, moved);
  }
  await remove('cut1', 'cut2', 'cut3');
  assert.deepEqual(await tracesOf(cluster), before);
  await assertVerified(cluster);
});

test('an instance whose QEMU was killed is shown as down and can be started again', async () => {
  await add('struck', '-n', 'node3');
  process.kill((await guestPid('struck')) ?? 0, 'SIGKILL');
  await becomes('instance', 'struck', 'status', 'ERROR_down');
  assert.match((await cluster.gantry(['cluster', 'verify'])).stdout, /VERIFY_INSTANCE_DOWN instance struck/);
  await gantry('instance', 'startup', 'struck');
  assert.equal(await field('instance', 'struck', 'status'), 'running');
  await assertVerified(cluster);
  process.kill((await guestPid('struck')) ?? 0, 'SIGKILL');
  await remove('struck');
  assert.deepEqual(
    (await tracesOf(cluster)).filter((trace) => /process|tap|struck/.test(trace)),
    [],
  );
});

test('five creations, then five removals at once end consistent', async () => {
  const before = [await configurationOf(cluster), await tracesOf(cluster)];
  const names = ['many1', 'many2', 'many3', 'many4', 'many5'];
  await Promise.all(names.map((name) => add(name)));
  const rows = JSON.parse(await gantry('instance', 'list', '--output', 'json')) as {
    name: string;
    'nic.ips': string[];
    'nic.macs': string[];
  }[];
  const mine = rows.filter(({ name }) => names.includes(name));
  for (const values of [mine.map((row) => row['nic.ips'][0]), mine.map((row) => row['nic.macs'][0])]) {
    assert.equal(new Set(values).size, names.length, `not all different: ${values}`);
  }
  await assertVerified(cluster);
  await remove(...names);
  assert.deepEqual([await configurationOf(cluster), await tracesOf(cluster)], before);
});

test('a damaged store is told and not touched; with the good one everything is back', async () => {
  await add('stored', '--no-start');
  const configuration = await configurationOf(cluster);
  await cluster.down();
  const store = join(cluster.summary.nodes[0]?.state_dir ?? '', 'master', 'store.db');
  await copyFile(store, `${cluster.home}/good.db`);
  const { size } = await stat(store);
  const file = await open(store, 'r+');
  for (let offset = 0; offset < size; offset += 4096) await file.write(Buffer.alloc(2048, 0x5a), 0, 2048, offset);
  await file.close();
  const damaged = await readFile(store);
  const result = await cluster.gantry(['up', '--name', cluster.name]);
  assert.equal(result.code, 1, result.stderr + result.stdout);
  assert.match(result.stderr, /STORE_CORRUPT/);
  assert.match(result.stderr, /damaged/);
  assert.ok(damaged.equals(await readFile(store)), 'the store was changed');
  await run('cp', [`${cluster.home}/good.db`, store]);
  await cluster.up();
  assert.deepEqual(await configurationOf(cluster), configuration);
  await remove('stored');
  await assertVerified(cluster);
});
