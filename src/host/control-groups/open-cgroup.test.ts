import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFileTree } from '../testing/file-tree.ts';
import { cgroupPaths } from './cgroup-paths.ts';
import { openCgroup } from './open-cgroup.ts';
import { parseCpuStat1, parseCpuStat2, parseIoStat1, parseIoStat2, parseMemoryStat } from './parse-cgroup-files.ts';

const id = 'a'.repeat(64);
const folders = (text: string, hybrid = false) => {
  const { cpu, memory, io } = cgroupPaths(text, hybrid);
  return [cpu, memory, io].map((place) => place && `${place.version} ${place.folder}`);
};

test('paths: version 2, version 1, both, none', () => {
  const second = '2 /sys/fs/cgroup/machine.slice/web1.scope';
  assert.deepEqual(folders('0::/machine.slice/web1.scope\n'), [second, second, second]);
  const v1 = '12:cpu,cpuacct:/web1\n7:blkio:/web1\n4:memory:/other/web1\n1:name=systemd:/web1\n';
  assert.deepEqual(folders(v1), ['1 /sys/fs/cgroup/cpuacct/web1', '1 /sys/fs/cgroup/memory/other/web1', '1 /sys/fs/cgroup/blkio/web1']);
  assert.deepEqual(folders('4:memory:/\n0::/web1\n', true), [
    '2 /sys/fs/cgroup/unified/web1',
    '1 /sys/fs/cgroup/memory',
    '2 /sys/fs/cgroup/unified/web1',
  ]);
  for (const nothing of ['', '\0', '4:memory', 'garbage']) assert.deepEqual(folders(nothing), [null, null, null]);
});

test('paths: what init made below a container is part of it', () => {
  for (const [path, own] of [
    [`/system.slice/docker-${id}.scope/init.scope`, `/system.slice/docker-${id}.scope`],
    [`/docker/${id}/system.slice/x.service`, `/docker/${id}`],
    [`/batch.slice/${id}/payload`, `/batch.slice/${id}`],
    ['/lxc.payload.web1/init.scope', '/lxc.payload.web1'],
    ['/lxc/web1/user.slice', '/lxc/web1'],
    ['/machine.slice/web1.scope/init.scope', '/machine.slice/web1.scope'],
  ]) {
    assert.equal(cgroupPaths(`0::${path}\n`, false).cpu?.folder, `/sys/fs/cgroup${own}`);
  }
});

test('version 2: with and without a limit, kernels with more lines', () => {
  const base = 'usage_usec 5000000\nuser_usec 4000000\nsystem_usec 1000000\n';
  assert.deepEqual(parseCpuStat2(base), { seconds: 5, user: 4, system: 1, throttled: 0, throttledPeriods: 0 });
  const limited = parseCpuStat2(`${base}core_sched.force_idle_usec 0\nnr_periods 9\nnr_throttled 3\nthrottled_usec 2500000\nnr_bursts 0\n`);
  assert.deepEqual([limited?.throttled, limited?.throttledPeriods], [2.5, 3]);
  assert.deepEqual(parseMemoryStat('anon 4096\nfile 8192\nkernel_stack 16384\nanon_thp 1\n', '512\n'), {
    resident: 4096,
    cache: 8192,
    swap: 512,
  });
  assert.deepEqual(parseIoStat2('8:0 rbytes=10 wbytes=20 rios=3 wios=4 dbytes=5 dios=6\n8:16 rbytes=1 wbytes=1 rios=1 wios=1\n7:0 \n'), {
    readBytes: 11,
    writtenBytes: 21,
    reads: 4,
    writes: 5,
  });
});

test('version 1: with and without groups below', () => {
  assert.deepEqual(parseCpuStat1('1500000000\n', 'user 100\nsystem 50\n', 'nr_periods 4\nnr_throttled 2\nthrottled_time 500000000\n'), {
    seconds: 1.5,
    user: 1,
    system: 0.5,
    throttled: 0.5,
    throttledPeriods: 2,
  });
  assert.deepEqual(parseMemoryStat('cache 1\nrss 2\nswap 3\n'), { resident: 2, cache: 1, swap: 3 });
  assert.deepEqual(parseMemoryStat('cache 1\nrss 2\nswap 3\ntotal_cache 10\ntotal_rss 20\ntotal_swap 30\n'), {
    resident: 20,
    cache: 10,
    swap: 30,
  });
  const bytes = '8:0 Read 100\n8:0 Write 200\n8:0 Sync 5\n8:0 Total 300\n8:16 Read 1\nTotal 301\n';
  assert.deepEqual(parseIoStat1(bytes, '8:0 Read 7\n8:0 Write 8\nTotal 15\n'), { readBytes: 101, writtenBytes: 200, reads: 7, writes: 8 });
});

test('memory that stays when memory is short: shared, temporary file systems, huge pages', () => {
  assert.deepEqual(parseMemoryStat('anon 40\nfile 5000\nshmem 4000\nfile_mapped 9\n', '1\n'), { resident: 4040, cache: 1000, swap: 1 });
  const first = 'cache 5\nrss 2\nshmem 1\ntotal_cache 50\ntotal_rss 20\ntotal_shmem 10\ntotal_swap 30\n';
  assert.deepEqual(parseMemoryStat(first), { resident: 30, cache: 40, swap: 30 });
  using host = createFileTree({
    '/sys/fs/cgroup/web1/memory.stat': 'anon 4096\nfile 0\nshmem 0\n',
    '/sys/fs/cgroup/web1/hugetlb.2MB.current': '4194304\n',
    '/sys/fs/cgroup/web1/hugetlb.2MB.rsvd.current': '8388608\n',
    '/sys/fs/cgroup/web1/hugetlb.1GB.current': '0\n',
    '/sys/fs/cgroup/memory/old/memory.stat': 'cache 1\nrss 2\n',
    '/sys/fs/cgroup/hugetlb/old/hugetlb.2MB.usage_in_bytes': '2097152\n',
  });
  const resident = (text: string) => openCgroup(host.files, cgroupPaths(text, false)).usage(true).memory?.resident;
  assert.equal(resident('0::/web1\n'), 4_198_400);
  assert.equal(resident('3:memory:/old\n4:hugetlb:/old\n'), 2_097_154);
});

test('cut short, empty, garbage: absent or numbers, never anything else', () => {
  for (const nothing of [undefined, '', '\0', 'x']) {
    assert.equal(parseCpuStat2(nothing), undefined);
    assert.equal(parseCpuStat1(nothing, '', ''), undefined);
    assert.equal(parseMemoryStat(nothing), undefined);
  }
  assert.equal(parseIoStat2(undefined), undefined);
  assert.equal(parseIoStat1('', undefined), undefined);
  fc.assert(
    fc.property(fc.array(fc.constantFrom('anon ', 'cache ', 'usage_usec ', '12', '\n', ' rbytes=', 'x', '-', '\0')), (pieces) => {
      const text = pieces.join('');
      for (const found of [
        parseCpuStat2(text),
        parseMemoryStat(text, text),
        parseIoStat2(text),
        parseIoStat1(text, text),
        parseCpuStat1(text, text, text),
      ]) {
        for (const value of Object.values(found ?? {})) assert.ok(Number.isFinite(value), `${value} of ${JSON.stringify(text)}`);
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('a group as files, also one that goes', () => {
  using host = createFileTree({
    '/sys/fs/cgroup/web1/cpu.stat': 'usage_usec 5000000\nuser_usec 1\nsystem_usec 1\n',
    '/sys/fs/cgroup/web1/memory.stat': 'anon 4096\nfile 0\n',
    '/sys/fs/cgroup/web1/io.stat': '',
    '/sys/fs/cgroup/web1/cpu.pressure': 'some avg10=1.00 avg60=0.00 avg300=0.00 total=7000000\n',
    '/sys/fs/cgroup/cpuacct/old/cpuacct.usage': '2000000000\n',
    '/sys/fs/cgroup/cpu/old/cpu.stat': 'nr_throttled 6\n',
    '/sys/fs/cgroup/blkio/old/blkio.throttle.io_service_bytes': '8:0 Read 9\n',
    '/sys/fs/cgroup/blkio/old/blkio.throttle.io_serviced': '8:0 Read 1\n',
  });
  const { files } = host;
  const second = openCgroup(files, cgroupPaths('0::/web1\n', false));
  assert.deepEqual(second.usage(true).memory, { resident: 4096, cache: 0, swap: 0 });
  assert.equal(second.pressure()?.cpu?.some.total, 7);
  assert.equal(second.pressure()?.io, null);
  const first = openCgroup(files, cgroupPaths('3:cpu,cpuacct:/old\n4:blkio:/old\n', false));
  const used = first.usage(true);
  assert.deepEqual([used.cpu?.seconds, used.cpu?.throttledPeriods, used.io?.readBytes, used.memory], [2, 6, 9, undefined]);
  assert.equal(first.pressure(), undefined);
  for (const file of ['cpu.stat', 'memory.stat', 'io.stat']) host.vanish(`/sys/fs/cgroup/web1/${file}`);
  assert.deepEqual(second.usage(true), {});
});
