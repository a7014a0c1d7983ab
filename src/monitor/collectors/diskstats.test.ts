import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { diskstats, parseDiskStats } from './diskstats.ts';

const old = readFileSync(new URL('./testdata/proc_diskstats.txt', import.meta.url), 'utf8');
const since418 = '   8       0 sda 11 2 33 4 55 6 77 8 1 10 11 12 13 14 15\n';
const since55 =
  ' 254       0 vda 193117 26611 11246778 234404 379925 126482 22351176 153846 2 54000 406436 17095 21 1409704 12473 130049 5578\n';

test('14, 18 and 20 columns, and what a later kernel may add', () => {
  const disks = parseDiskStats(old);
  assert.equal(disks.length, 32);
  assert.deepEqual(
    disks.find(({ name }) => name === 'sda'),
    {
      major: 8,
      minor: 0,
      name: 'sda',
      readsNum: 89502,
      mergedReads: 4833,
      secRead: 4433387,
      timeRead: 89244,
      writes: 519115,
      mergedWrites: 62738,
      secWritten: 16059726,
      timeWrite: 465120,
      ios: 0,
      timeIO: 149148,
      wIOmillis: 554564,
    },
  );
  const [sda] = parseDiskStats(since418);
  assert.deepEqual([sda?.wIOmillis, sda?.discards, sda?.timeDiscard, sda?.flushes], [11, 12, 15, undefined]);
  const [vda] = parseDiskStats(since55);
  assert.deepEqual([vda?.flushes, vda?.timeFlush], [130049, 5578]);
  assert.deepEqual(parseDiskStats(since55.replace('\n', ' 1 2 3\n')), [vda]);
});

test('partitions of kernels before 2.6.25 have four columns and are left out, as is what was cut short', () => {
  assert.deepEqual(parseDiskStats('   3    1 hda1 35486 38030 38030 38030\n'), []);
  assert.equal(parseDiskStats(since418 + since55.slice(0, 40)).length, 1);
  assert.deepEqual(parseDiskStats(''), []);
});

test('garbage never gives a number that is none', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('1', '20', '300', 'sda', '-', '\0x'), { minLength: 14, maxLength: 22 }), (pieces) => {
      for (const disk of parseDiskStats(pieces.join(' '))) {
        for (const [key, value] of Object.entries(disk)) assert.ok(key === 'name' || Number.isFinite(value));
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});

test('sectors are 512 bytes, milliseconds are seconds; the file may go', async () => {
  using host = createTestHost({ '/proc/diskstats': since55 });
  const collect = host.begin(diskstats);
  const samples = formatSamples(diskstats, await collect(calmRun)).map(({ text }) => text);
  assert.deepEqual(samples, [
    'gantry_node_disk_reads_completed_total{device="vda"} 193117\n',
    'gantry_node_disk_writes_completed_total{device="vda"} 379925\n',
    'gantry_node_disk_read_bytes_total{device="vda"} 5758350336\n',
    'gantry_node_disk_written_bytes_total{device="vda"} 11443802112\n',
    'gantry_node_disk_io_time_seconds_total{device="vda"} 54\n',
  ]);
  host.vanish('/proc/diskstats');
  assert.throws(() => collect(calmRun), /ENOENT/);
});

test('what is no table of disks is told, nothing at all is a host without disks', () => {
  using host = createTestHost({ '/proc/diskstats': 'hello world\n' });
  const collect = host.begin(diskstats);
  assert.throws(() => collect(calmRun), /^TypeError: not a table of disks: "hello world\\n"$/);
  host.write('/proc/diskstats', ' \n');
  assert.deepEqual(collect(calmRun), []);
});
