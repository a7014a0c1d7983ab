import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { createProcFiles } from '../../host/light.ts';
import { calmRun, createTestHost, type TestHost } from '../testing/test-host.ts';
import { instUsage } from './inst-usage.ts';
import { parseProcessIo, parseProcessMemory } from './read-process-usage.ts';

type Data = Parameters<typeof instUsage.measure>[0];

const stat = (pid: number, user: number, system: number) =>
  `${pid} (qemu-system-x86) S 1 1 1 0 -1 0 0 0 0 0 ${user} ${system} 0 0 20 0 4 0 5000 9000000 100 18446744073709551615 1\n`;
const status = 'Name:\tqemu\nVmRSS:\t    2048 kB\nVmSwap:\t       4 kB\nHugetlbPages:\t    1024 kB\n';
const io = 'rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n';
const netDev = 'head\nhead\n tap0: 100 1 0 2 0 0 0 0 900 9 0 3 0 0 0 0\n';
const docker = `/docker/${'b'.repeat(64)}`;

function twoInstances(): TestHost {
  const host = createTestHost({
    '/proc/net/dev': netDev,
    '/proc/20/cgroup': '0::/system.slice/gantry-node.service\n',
    '/proc/20/stat': stat(20, 100, 50),
    '/proc/20/status': status,
    '/proc/20/io': io,
    '/proc/30/cgroup': `0::${docker}\n`,
    '/proc/30/net/dev': 'head\n lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n eth0: 5 1 0 2 0 0 0 0 6 1 0 3 0 0 0 0\n',
    [`/sys/fs/cgroup${docker}/cpu.stat`]: 'usage_usec 2000000\nuser_usec 1\nsystem_usec 1\nnr_throttled 1\nthrottled_usec 500000\n',
    [`/sys/fs/cgroup${docker}/memory.stat`]: 'anon 4096\nfile 8192\n',
    [`/sys/fs/cgroup${docker}/memory.swap.current`]: '512\n',
    [`/sys/fs/cgroup${docker}/io.stat`]: '8:0 rbytes=1 wbytes=2 rios=3 wios=4\n',
    [`/sys/fs/cgroup${docker}/cpu.pressure`]: 'some avg10=1.00 avg60=0.00 avg300=0.00 total=7000000\n',
  });
  host.instances = [
    { name: 'web1', hypervisor: 'kvm', pid: 20, interfaces: ['tap0', 'tap9'] },
    { name: 'db1', hypervisor: 'docker', pid: 30, interfaces: [] },
    { name: 'off1', hypervisor: 'kvm', interfaces: [] },
  ];
  return host;
}

test('QEMU by its process, a container by its group; the network from the instance’s side', () => {
  using host = twoInstances();
  const [web, db, ...others] = host.begin(instUsage)(calmRun) as Data;
  assert.deepEqual(others, []);
  assert.deepEqual([web?.source, web?.cpu?.seconds, web?.cpu?.user], ['process', 1.5, 1]);
  assert.deepEqual(web?.memory, { resident: 3 * 1024 * 1024, cache: 0, swap: 4096 });
  assert.deepEqual(web?.io, { readBytes: 4096, writtenBytes: 8192, reads: 3, writes: 4 });
  assert.deepEqual(web?.nics, [{ device: 'tap0', receivedBytes: 900, sentBytes: 100, receivedPackets: 9, sentPackets: 1, dropped: 5 }]);
  assert.deepEqual(
    [db?.source, db?.cpu?.throttled, db?.memory, db?.pressure?.cpu?.some.total],
    ['cgroup', 0.5, { resident: 4096, cache: 8192, swap: 512 }, 7],
  );
  const text = formatSamples(instUsage, [web, db] as Data)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_instance_memory_bytes\{instance="db1",kind="cache"\} 8192$/m);
  assert.match(text, /^gantry_instance_pressure_seconds_total\{instance="db1",resource="cpu"\} 7$/m);
});

test('a group of version 2 that is called as the folder of both versions together', () => {
  using host = twoInstances();
  host.write('/sys/fs/cgroup/cgroup.controllers', 'cpu io memory\n');
  host.write('/sys/fs/cgroup/unified/cgroup.procs', '');
  const [, db] = host.begin(instUsage)(calmRun) as Data;
  assert.deepEqual([db?.source, db?.cpu?.seconds], ['cgroup', 2]);
});

test('averages over windows; a restarted instance begins anew', () => {
  using host = twoInstances();
  const collect = host.begin(instUsage);
  void collect(calmRun);
  host.advance(5);
  host.write('/proc/20/stat', stat(20, 350, 50));
  host.write('/proc/20/status', status.replace('2048', '4096'));
  const [web] = collect(calmRun) as Data;
  assert.deepEqual(web?.cpuAverage, { 10: 0.5, 60: 0.5, 300: 0.5, 900: 0.5 });
  assert.equal(web?.memoryAverage[60], 4 * 1024 * 1024);
  host.advance(5);
  host.write('/proc/21/stat', stat(21, 10, 0));
  host.write('/proc/21/status', status);
  host.instances = host.instances.map((one) => (one.name === 'web1' ? { ...one, pid: 21 } : one));
  const [again] = collect(calmRun) as Data;
  assert.deepEqual([again?.pid, again?.cpuAverage[60], again?.memoryAverage[60]], [21, null, 3 * 1024 * 1024]);
});

test('instances that stop in mid-collection, or have nothing to read, leave the others alone', () => {
  using host = twoInstances();
  const collect = host.begin(instUsage);
  void collect(calmRun);
  for (const file of ['cpu.stat', 'memory.stat', 'io.stat']) host.vanish(`/sys/fs/cgroup${docker}/${file}`);
  host.write('/proc/20/status', '');
  host.vanish('/proc/20/io');
  const [web, ...others] = collect(calmRun) as Data;
  assert.deepEqual([web?.name, web?.memory, web?.io, others], ['web1', undefined, undefined, []]);
  host.write('/proc/20/stat', '20 (qemu');
  assert.deepEqual(collect(calmRun), []);
  host.instances = [];
  assert.deepEqual(collect(calmRun), []);
});

test('a group named after the instance is QEMU’s own', () => {
  using host = twoInstances();
  host.write('/proc/20/cgroup', '0::/gantry/web10\n');
  assert.equal((host.begin(instUsage)(calmRun) as Data)[0]?.source, 'process');
  host.write('/proc/20/cgroup', '5:memory:/gantry/web1\n3:cpu,cpuacct:/gantry/web1\n');
  host.write('/sys/fs/cgroup/cpuacct/gantry/web1/cpuacct.usage', '7000000000\n');
  host.write('/sys/fs/cgroup/memory/gantry/web1/memory.stat', 'cache 1\nrss 2\nswap 3\n');
  const [web] = host.begin(instUsage)(calmRun) as Data;
  assert.deepEqual([web?.source, web?.cpu?.seconds, web?.memory?.resident], ['cgroup', 7, 2]);
});

test('files of a process: cut short, empty, garbage', () => {
  for (const nothing of [undefined, '', '\0', 'VmRSS: x kB', 'VmRSS:\t 12']) assert.equal(parseProcessMemory(nothing), undefined);
  for (let length = 0; length < io.indexOf('\ncancelled'); length++) {
    const found = parseProcessIo(io.slice(0, length));
    assert.ok(!found || length > io.indexOf('write_bytes'));
  }
});

test('a real process, and its end', async () => {
  using host = createTestHost();
  using stack = new DisposableStack();
  const child = stack.adopt(spawn('cat'), (started) => started.kill());
  // Just after its start a process has hardly a page: once it answers, it has run.
  child.stdin.write('\n');
  await once(child.stdout, 'data');
  const files = stack.adopt(createProcFiles(), (proc) => proc.close());
  const instances = { list: () => [{ name: 'cat', hypervisor: 'kvm' as const, pid: child.pid as number, interfaces: [] }] };
  const collect = instUsage.start({ ...host.context, files, instances });
  const [cat] = (await collect(calmRun)) as Data;
  assert.equal(cat?.source, 'process');
  assert.ok((cat?.memory?.resident ?? 0) > 100_000);
  child.kill();
  await once(child, 'exit');
  assert.deepEqual(await collect(calmRun), []);
});

test('histories go with the process they are of, when it is another one or the instance is gone', () => {
  using host = twoInstances();
  const names: string[] = [];
  const { histories } = host.context;
  const watched: typeof histories = {
    take: (name, width, capacity) => {
      names.push(`+ ${name}`);
      return histories.take(name, width, capacity);
    },
    drop: (name) => void names.push(`- ${name}`),
  };
  const collect = instUsage.start({ ...host.context, histories: watched });
  const told = () => {
    names.length = 0;
    void collect(calmRun);
    return names.filter((name) => name.endsWith(' memory'));
  };
  assert.deepEqual(told(), ['+ web1 20 memory', '+ db1 30 memory']);
  assert.deepEqual(told(), []);
  host.write('/proc/21/stat', stat(21, 1, 1));
  host.write('/proc/21/status', status);
  host.write('/proc/21/cgroup', '0::/system.slice/gantry-node.service\n');
  host.instances = [{ name: 'web1', hypervisor: 'kvm', pid: 21, interfaces: [] }];
  assert.deepEqual(told(), ['- web1 20 memory', '+ web1 21 memory', '- db1 30 memory']);
  assert.ok(names.some((name) => name === '- web1 20') && names.some((name) => name === '- db1 30'));
  host.instances = [{ name: 'web1', hypervisor: 'kvm', interfaces: [] }];
  assert.deepEqual(told(), ['- web1 21 memory']);
  assert.deepEqual(told(), []);
});
