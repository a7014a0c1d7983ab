import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { availableMemory, memory, parseMemInfo, parseMemoryEvents, parseNumaNode } from './memory.ts';

const meminfo = readFileSync(new URL('./testdata/proc_meminfo.txt', import.meta.url), 'utf8');
const linux26 = 'MemTotal:      1000 kB\nMemFree:        100 kB\nBuffers:         50 kB\nCached:         300 kB\nSwapTotal:        0 kB\n';

test('bytes, but for numbers of huge pages', () => {
  const parsed = parseMemInfo(meminfo);
  assert.equal(parsed['MemTotal'], 32263108 * 1024);
  assert.equal(parsed['Active(anon)'], 737500 * 1024);
  assert.equal(parseMemInfo(`${meminfo}HugePages_Surp2:  7\n`)['HugePages_Surp2'], 7);
  assert.equal(availableMemory(parsed), 21604764 * 1024);
});

test('old kernels: what is available is estimated, and shared memory is not', () => {
  assert.equal(availableMemory(parseMemInfo(linux26)), 450 * 1024);
  assert.equal(availableMemory(parseMemInfo(`${linux26}Shmem: 120 kB\nSReclaimable: 20 kB\n`)), 350 * 1024);
});

test('more that is available than there is, as kernels with huge pages or a balloon may tell: nothing is used, not less than that', () => {
  using host = createTestHost({ '/proc/meminfo': 'MemTotal: 1000 kB\nMemFree: 900 kB\nMemAvailable: 1200 kB\n' });
  const collect = host.begin(memory);
  for (let round = 0; round < 3; round++) {
    const { available, used, usedMean } = collect(calmRun) as Parameters<typeof memory.measure>[0];
    assert.deepEqual([available, used, usedMean[10]], [1000 * 1024, 0, 0]);
    host.advance(5);
  }
  assert.equal(availableMemory(parseMemInfo(`${linux26}SReclaimable: 5000 kB\n`)), 1000 * 1024);
});

test('cut short, garbled, another file', () => {
  for (const text of ['', 'MemTotal:', 'MemTotal:  10 kB\nMemFr', '\0\0', 'cpu 1 2 3']) assert.throws(() => parseMemInfo(text), TypeError);
  for (let length = 80; length < meminfo.length; length++)
    assert.ok(Object.values(parseMemInfo(meminfo.slice(0, length))).every(Number.isFinite));
  assert.deepEqual(parseMemoryEvents('pswpin 5\npswpout x\noom_kill 2\npgmajfault_x 7\n'), { pswpin: 5, oom_kill: 2 });
  assert.deepEqual(parseMemoryEvents(undefined), {});
  assert.deepEqual(parseNumaNode('Node 1 MemTotal:       2048 kB\nNode 1 MemFree:        1024 kB\n'), {
    node: 1,
    total: 2097152,
    free: 1048576,
  });
  assert.equal(parseNumaNode('Node 1 MemTotal:       2048 kB\n'), undefined);
});

test('the collector: means over windows, huge pages, NUMA nodes; what goes away is left out', () => {
  using host = createTestHost({
    '/proc/meminfo': linux26,
    '/proc/vmstat': 'pswpin 3\npswpout 4\npgmajfault 5\n',
    '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '8\n',
    '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages': '6\n',
    '/sys/devices/system/node/node0/meminfo': 'Node 0 MemTotal:  8 kB\nNode 0 MemFree:  4 kB\n',
    '/sys/devices/system/node/node1/meminfo': '',
    '/sys/devices/system/node/online': '0-1\n',
    '/sys/kernel/mm/ksm/pages_sharing': '10\n',
  });
  const collect = host.begin(memory);
  const first = collect(calmRun) as Parameters<typeof memory.measure>[0];
  assert.equal(first.used, 550 * 1024);
  assert.deepEqual(first.hugePages, [{ pageSize: 2097152, total: 8, free: 6, reserved: 0, surplus: 0 }]);
  assert.deepEqual(first.numa, [{ node: 0, total: 8192, free: 4096 }]);
  host.advance(30);
  host.write('/proc/meminfo', linux26.replace('MemFree:        100', 'MemFree:        200'));
  const second = collect(calmRun) as typeof first;
  assert.deepEqual(second.usedMean, { 10: 500 * 1024, 60: 500 * 1024, 300: 500 * 1024, 900: 500 * 1024 });
  const text = formatSamples(memory, second)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_node_swapped_out_bytes_total 16384$/m);
  assert.match(text, /^gantry_node_ksm_shared_bytes 40960$/m);
  assert.match(text, /^gantry_node_hugepages\{size="2097152",state="free"\} 6$/m);
  assert.doesNotMatch(text, /oom|pressure|slab/);
  host.vanish('/sys/devices/system/node/node0/meminfo');
  host.vanish('/sys/kernel/mm/ksm/pages_sharing');
  host.vanish('/proc/vmstat');
  const third = collect(calmRun) as typeof first;
  assert.deepEqual([third.numa, third.sharedByKsm, third.events], [[], null, {}]);
});

test('the pool of huge pages counts as used, free or not, and is told of apart', () => {
  const folder = '/sys/kernel/mm/hugepages';
  const kibibytes = (available: number) => `MemTotal: 8388608 kB\nMemFree: ${available} kB\nMemAvailable: ${available} kB\n`;
  using host = createTestHost({
    '/proc/meminfo': kibibytes(6_291_456),
    [`${folder}/hugepages-2048kB/nr_hugepages`]: '512\n',
    [`${folder}/hugepages-2048kB/free_hugepages`]: '512\n',
    [`${folder}/hugepages-2048kB/resv_hugepages`]: '128\n',
    [`${folder}/hugepages-1048576kB/nr_hugepages`]: '1\n',
    [`${folder}/hugepages-1048576kB/free_hugepages`]: '0\n',
  });
  const collect = host.begin(memory);
  const gibibyte = 2 ** 30;
  const data = collect(calmRun) as Parameters<typeof memory.measure>[0];
  assert.deepEqual([data.used, data.hugePagePool], [2 * gibibyte, { total: 2 * gibibyte, free: gibibyte, reserved: gibibyte / 4 }]);
  const pool = formatSamples(memory, data).find(({ family }) => family === 'gantry_node_hugepage_pool_bytes')?.text;
  assert.equal(
    pool,
    ['total"} 2147483648', 'free"} 1073741824', 'reserved"} 268435456']
      .map((end) => `gantry_node_hugepage_pool_bytes{state="${end}\n`)
      .join(''),
  );
  // Who takes from the pool makes nothing less available.
  host.write(`${folder}/hugepages-2048kB/free_hugepages`, '12\n');
  const later = collect(calmRun) as typeof data;
  assert.deepEqual([later.used, later.hugePagePool.free], [2 * gibibyte, 12 * 2 ** 21]);
});
