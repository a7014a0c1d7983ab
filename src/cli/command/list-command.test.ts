import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let cluster: FakeCluster;
/** Times are printed as local time. */
const env = () => ({ ...cluster.env, TZ: 'UTC' });

before(async () => {
  cluster = await startFakeCluster();
});
after(() => cluster.close());

async function lines(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runInProcess(args, env());
  assert.equal(code, 0, stderr);
  return stdout.split('\n').slice(0, -1);
}

test('every column of instances shows what the cluster tells', async () => {
  const fields = 'name,snodes,admin_state,oper_state,oper_problem,disk_template,disk_usage,disk.sizes,nic.macs,network_port';
  assert.deepEqual(await lines('instance', 'list', 'inst[34]*', '-o', fields), [
    'Instance       Secondary_nodes  Admin_state  Running  Problem  Disk_template  Disk_usage  Disks  MAC                                  VNC_port',
    'inst3.r5.test  -                up           yes      -        sharedfile             1G     1G  aa:01:02:5f:64:4e,aa:00:00:64:04:54  -',
    'inst4.r5.test  -                down         no       -        diskless               0M      -  -                                    -',
  ]);
  assert.deepEqual(await lines('instance', 'list', 'inst3*', '-o', 'name,be/memory,be/maxmem,be/vcpus,ctime,mtime,serial_no,tags'), [
    'Instance       Maxmem  be/maxmem  Vcpus  Created              Changed              Serial  Tags',
    'inst3.r5.test      1G  1024           2  2026-11-22 15:51:48  2026-11-22 15:52:28       4  service:web',
  ]);
});

test('sizes are written for people, or in the unit that is asked for; beside a separator in MiB', async () => {
  const sizes = async (...args: string[]) =>
    (await lines('instance', 'list', 'inst[13]*', '-o', 'be/memory,disk.sizes', '--no-headers', ...args)).map((line) =>
      line.trim().split(/ +|:/),
    );
  assert.deepEqual(await sizes(), [
    ['256M', '512M'],
    ['1G', '1G'],
  ]);
  assert.deepEqual(await sizes('--units', 'm'), [
    ['256', '512'],
    ['1024', '1024'],
  ]);
  assert.deepEqual(await sizes('--units', 'g'), [
    ['0.3', '0.5'],
    ['1.0', '1.0'],
  ]);
  assert.deepEqual(await sizes('--separator', ':'), [
    ['256', '512'],
    ['1024', '1024'],
  ]);
  assert.deepEqual(await sizes('--separator', ':', '--units', 'h'), [
    ['256M', '512M'],
    ['1G', '1G'],
  ]);
});

test('a plus before the first field keeps the default ones, elsewhere it says nothing', async () => {
  assert.deepEqual(await lines('group', 'list', '-o', '+alloc_policy,+tags', '--separator', '|'), [
    'Group|Nodes|AllocPolicy|Node_list|AllocPolicy|Tags',
    'default|3|preferred|node1,node2,node3|preferred|-',
    'rack2|1|preferred|node4|preferred|zone:b',
  ]);
  assert.deepEqual(await lines('group', 'list', '-o', 'name,+tags', '--separator', '|'), ['Group|Tags', 'default|-', 'rack2|zone:b']);
});

test('fields of a family are shown when a row has them, and taken on trust when there is no row', async () => {
  assert.deepEqual(await lines('instance', 'list', 'inst3*', '-o', 'be/minmem,disk.size/0,nic.mac/1', '--separator', '|'), [
    'be/minmem|disk.size/0|nic.mac/1',
    '256|1024|aa:00:00:64:04:54',
  ]);
  assert.deepEqual(await lines('instance', 'list', 'nothing*', '-o', 'name,hv/acpi'), ['Instance  hv/acpi']);
  for (const [rows, field] of [
    ['inst3*', 'hv/acpi'],
    ['nothing*', 'xx/acpi'],
    ['nothing*', 'be'],
  ] as const) {
    const { code, stdout, stderr } = await runInProcess(['instance', 'list', rows, '-o', field], env());
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`CLI_FIELD_UNKNOWN: There is no field "${field}" in a list of instances`));
  }
});

test('the other lists show their default columns', async () => {
  assert.deepEqual((await lines('node', 'list', '--sort', 'mfree', '-o', '+group')).slice(0, 3), [
    'Node   Role       DTotal  DFree  MTotal  MFree  Pinst  Sinst  Primary_IP  Group',
    'node1  master       252G  71.5G   23.5G  15.8G      3      0  10.78.0.10  default',
    'node4  candidate    252G  71.5G   23.5G  19.3G      1      0  10.78.0.13  rack2',
  ]);
  assert.deepEqual(await lines('network', 'list'), [
    'Network  Subnet           Gateway       MAC_prefix  Free  Reserved  Groups',
    'lan      192.168.50.0/24  192.168.50.1  aa:01:02     247         9  rack2 (bridged, vc0), default (bridged, vc0)',
  ]);
  assert.deepEqual(await lines('job', 'list', '-o', 'id,status,received_ts,start_ts,end_ts,priority'), [
    'ID  Status   Received             Started              Ended                Priority',
    '14  success  2026-11-22 15:51:04  2026-11-22 15:51:05  2026-11-22 15:51:09         -',
    '12  error    2026-11-22 15:50:36  2026-11-22 15:50:37  2026-11-22 15:50:41         -',
    ' 1  success  2026-11-22 15:48:10  2026-11-22 15:48:11  2026-11-22 15:48:12         -',
  ]);
});

test('groups of nodes are asked for only where they are shown', async () => {
  cluster.seen.length = 0;
  await lines('node', 'list');
  assert.deepEqual(
    cluster.seen.map(({ path }) => path),
    ['/2/nodes?bulk=1'],
  );
  assert.deepEqual(await lines('node', 'list', 'node4', 'node1', '--sort', 'group', '-o', 'name', '--no-headers'), ['node1', 'node4']);
});

test('as JSON a chosen field that a row lacks is null, and sizes are numbers', async () => {
  const { stdout } = await runInProcess(['instance', 'list', 'inst4*', '-o', 'name,oper_ram,be/memory', '--output', 'json'], env());
  assert.deepEqual(JSON.parse(stdout), [{ name: 'inst4.r5.test', oper_ram: null, 'be/memory': 128 }]);
});

test('a list of few names asks for each, a longer one and globs for all', async () => {
  const asked = async (...names: string[]) => {
    cluster.seen.length = 0;
    const shown = await lines('node', 'list', ...names, '-o', 'name', '--no-headers');
    return [cluster.seen.map(({ path }) => path.replace('/2/nodes', '')), shown];
  };
  assert.deepEqual(await asked('node2', 'node1'), [
    ['/node2', '/node1'],
    ['node2', 'node1'],
  ]);
  assert.deepEqual(await asked('node2', 'node1', 'node3', 'node4'), [
    ['/node2', '/node1', '/node3', '/node4'],
    ['node2', 'node1', 'node3', 'node4'],
  ]);
  assert.deepEqual(await asked('node2', 'node1', 'node3', 'node4', 'node2'), [['?bulk=1'], ['node2', 'node1', 'node3', 'node4', 'node2']]);
  assert.deepEqual(await asked('node3', 'node[13]'), [['?bulk=1'], ['node3', 'node1']]);
});

test('jobs by number are narrowed by status and filter', async () => {
  const ids = async (...args: string[]) => (await lines('job', 'list', '-o', 'id', '--no-headers', ...args)).map((line) => Number(line));
  assert.deepEqual(await ids('12', '14', '1'), [12, 14, 1]);
  assert.deepEqual(await ids('12', '14', '--error'), [12]);
  assert.deepEqual(await ids('12', '14', '--finished', '--filter', 'id >= 13'), [14]);
  assert.deepEqual(await ids('--error', '--filter', 'id >= 13'), []);
  assert.deepEqual(await ids('id >= 12'), [14, 12]);
  assert.deepEqual(await ids('--all', '--limit', 'many'), [14, 12, 1]);
  for (const limit of ['0', '-1', 'many', '1.5', '12345678']) {
    const { code, stderr } = await runInProcess(['job', 'list', '--limit', limit], env());
    assert.deepEqual([code, /--limit is a whole number/.test(stderr)], [2, true], limit);
  }
  assert.deepEqual(await ids('--pending'), []);
  assert.deepEqual(await ids('--running', '--error'), [12]);
});
