import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await startFakeCluster();
});
afterEach(() => cluster.close());

async function page(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runInProcess(args, { ...cluster.env, TZ: 'UTC' });
  assert.equal(code, 0, stderr);
  return stdout.split('\n').slice(0, -1);
}

test('an instance with all its disks and NICs', async () => {
  assert.deepEqual(await page('instance', 'info', 'inst3.r5.test'), [
    'Instance:                  inst3.r5.test',
    'Status:                    running',
    'Should be:                 up',
    'Primary node:              node1',
    'Secondary nodes:           -',
    'OS:                        noop',
    'VNC console:               no',
    'Memory:                    1G (min 256M, max 1G)',
    'VCPUs:                     2',
    'Disk template:             sharedfile',
    'Disks:',
    '  0: 1G, 96a2027f-5c40-457c-846b-7c5f2dd91491',
    'NICs:',
    '  0: aa:01:02:5f:64:4e, 192.168.50.3, bridged on vc0, network lan',
    '  1: aa:00:00:64:04:54, no address, bridged on vc0',
    'Backend parameters:',
    '  minmem:          256',
    '  maxmem:          1024',
    '  vcpus:           2',
    '  auto_balance:    yes',
    '  always_failover: no',
    '  spindle_use:     1',
    '  memory:          1024',
    'Own hypervisor parameters: -',
    'Tags:                      service:web',
    'UUID:                      b8db9f83-ba34-48cb-aadb-71185bd4ef3c',
    'Serial number:             4',
    'Created:                   2026-11-22 15:51:48',
    'Changed:                   2026-11-22 15:52:28',
  ]);
});

test('what is measured goes before what is configured, and a problem is told', async () => {
  cluster.on('GET /2/instances/web1', () => ({
    name: 'web1',
    status: 'running',
    oper_problem: 'stopped by a disk error',
    oper_ram: 700,
    oper_vcpus: 3,
    beparams: { minmem: 512, maxmem: 1024, vcpus: 2 },
    'disk.sizes': [10, 20],
    'disk.names': ['root', null],
    'nic.macs': ['aa:00:00:00:00:01'],
  }));
  const lines = await page('instance', 'info', 'web1');
  assert.deepEqual(lines.slice(1, 3), ['Status:                    running', 'Problem:                   stopped by a disk error']);
  const value = (title: string) => lines.find((line) => line.trim().startsWith(`${title}:`))?.split(/: +/)[1];
  assert.deepEqual([value('Memory'), value('VCPUs')], ['700M (min 512M, max 1G)', '3']);
  assert.deepEqual(
    lines.filter((line) => /^ {2}\d: /.test(line)),
    ['  0: 10M, root', '  1: 20M', '  0: aa:00:00:00:00:01, no address, - on -'],
  );
});

test('several objects stand below each other, with an empty line between', async () => {
  const lines = await page('instance', 'info', 'inst4.r5.test', 'inst1.r5.test');
  assert.equal(lines[0], 'Instance:                  inst4.r5.test');
  const empty = lines.indexOf('');
  assert.equal(lines[empty + 1], 'Instance:                  inst1.r5.test');
  assert.deepEqual(
    lines.filter((line) => line === ''),
    [''],
  );
  assert.ok(lines.includes('Disks:                     -') && lines.includes('NICs:                      -'));
  assert.ok(lines.includes('Memory:                    128M (min 128M, max 128M)'), 'of a stopped one: what it starts with');
});

test('a node', async () => {
  const lines = await page('node', 'info', 'node1');
  assert.deepEqual(lines.slice(0, 15), [
    'Node:                node1',
    'Role:                master',
    'Primary address:     10.78.0.10',
    'Secondary address:   10.78.0.10',
    'Memory:              15.8G free of 23.5G, 559M used by the node',
    'Disk:                71.5G free of 252G',
    'CPUs:                2',
    'Master candidate:    yes',
    'Master capable:      yes',
    'Runs instances:      yes',
    'Drained:             no',
    'Offline:             no',
    'Primary instances:   inst2.r5.test,inst3.r5.test,inst6.r5.test',
    'Secondary instances: -',
    'Node parameters:',
  ]);
  cluster.on('GET /2/nodes/new', () => ({ name: 'new', role: 'X' }));
  assert.equal((await page('node', 'info', 'new'))[1], 'Role:                X');
});

test('a group and a network', async () => {
  const group = await page('group', 'info', 'rack2');
  assert.deepEqual(group.slice(0, 3), ['Node group:          rack2', 'Allocation policy:   preferred', 'Nodes:               node4']);
  const at = group.indexOf('Instance policy:');
  assert.deepEqual(group.slice(at, at + 6), [
    'Instance policy:',
    '  minmax:',
    '    0:',
    '      min:',
    '        memory-size: 4',
    '        disk-size:   0',
  ]);
  assert.deepEqual((await page('network', 'info', 'lan')).slice(0, 12), [
    'Network:               lan',
    'Subnet:                192.168.50.0/24',
    'Gateway:               192.168.50.1',
    'IPv6 subnet:           -',
    'IPv6 gateway:          -',
    'MAC prefix:            aa:01:02',
    'Free addresses:        247',
    'Reserved addresses:    9',
    'Reserved from outside: 192.168.50.0, 192.168.50.1, 192.168.50.10, 192.168.50.11, 192.168.50.255',
    'Groups:                rack2 (bridged, vc0), default (bridged, vc0)',
    'Instances:             inst5.r5.test,inst1.r5.test,inst2.r5.test,inst3.r5.test',
    'Tags:                  env:test',
  ]);
});

test('the cluster: its parameters, what is shown by collectors, whether it has location rules', async () => {
  const lines = await page('cluster', 'info');
  assert.deepEqual(lines.slice(0, 4), [
    'Cluster:             cluster',
    'Master:              node1',
    'Version:             3.0.2',
    'Hypervisors:         fake',
  ]);
  const section = (title: string, text: readonly string[]) => {
    const begin = text.indexOf(`${title}:`) + 1;
    const length = text.slice(begin).findIndex((line) => !line.startsWith('  '));
    return text.slice(begin, begin + length);
  };
  assert.deepEqual(section('Hypervisor parameters', lines), ['  fake:', '    migration_mode: live']);
  assert.ok(lines.includes('Location rules:      none') && lines.includes('Diagnose command:    diagnose, on nodes that have it'));
  assert.deepEqual(section('Data collectors', lines).slice(0, 2), [
    '  cpu-avg-load:     shown, every 5 s',
    '  diskstats:        shown, every 5 s',
  ]);
  cluster.on('GET /2/info', () => ({
    enabled_hypervisors: ['kvm', 'lxc'],
    hvparams: { kvm: { acpi: true }, xen: { x: 1 } },
    location: 'levels: [rack]',
    diagnose_data_collector_filename: '/usr/bin/look',
    enabled_data_collectors: { lv: false, drbd: true },
    data_collector_interval: { lv: 2_500_000, mine: 60_000_000 },
    beparams: { default: { vcpus: 1 } },
  }));
  const other = await page('cluster', 'info');
  const value = (title: string) => other.find((line) => line.startsWith(`${title}:`))?.split(/: +/)[1];
  assert.deepEqual(['Location rules', 'Diagnose command', 'Default NIC parameters'].map(value), [
    'yes (as "location" with --output json)',
    '/usr/bin/look',
    '-',
  ]);
  assert.deepEqual(section('Data collectors', other), ['  lv:   hidden, every 2.5 s', '  drbd: shown', '  mine: shown, every 60 s']);
  assert.deepEqual(section('Hypervisor parameters', other), ['  kvm:', '    acpi: yes', '  lxc: -']);
});

test('as JSON every page is what the cluster tells, a list even of one', async () => {
  const { stdout } = await runInProcess(['node', 'info', 'node1', '--output', 'json'], cluster.env);
  const [node, ...others] = JSON.parse(stdout) as { name: string; mtotal: number }[];
  assert.deepEqual([node?.name, node?.mtotal, others], ['node1', 24_105, []]);
  cluster.on('GET /2/info', () => ({ name: 'c' }));
  assert.deepEqual(JSON.parse((await runInProcess(['cluster', 'info', '--output', 'json'], cluster.env)).stdout), { name: 'c' });
});

test('names for the shell are one a line; what fails is silent', async () => {
  cluster.on('GET /2/info', () => ({ enabled_disk_templates: ['file', 'diskless'] }));
  for (const [kind, expected] of [
    ['instance', ['inst1.r5.test', 'inst2.r5.test', 'inst3.r5.test', 'inst4.r5.test', 'inst5.r5.test', 'inst6.r5.test']],
    ['group', ['default', 'rack2']],
    ['network', ['lan']],
    ['job', ['1', '12', '14']],
    ['os', ['tiny', 'image+debian']],
    ['disk-template', ['file', 'diskless']],
    ['cluster', []],
    ['file', []],
  ] as const) {
    assert.deepEqual(await page('__complete', kind), expected);
  }
  cluster.on('GET /2/os', () => undefined);
  assert.deepEqual(await runInProcess(['__complete', 'os'], cluster.env), { code: 1, stdout: '', stderr: '' });
});
