import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCpuStat1,
  parseCpuStat2,
  parseIoStat1,
  parseIoStat2,
  parseMemoryStat,
  parsePressure,
  parseProcessStat,
} from '../../host/light.ts';
import { chronyRequest, parseChronyReply } from './chrony-tracking.ts';
import { ntpRequest, parseNtpReply } from './ntp-variables.ts';
import { parseAccelerated, parseBalloonStats, parseBlockStats, parseState } from './parse-guest-answers.ts';
import { parseNetDev } from './parse-net-dev.ts';
import { parseProcessIo, parseProcessMemory } from './read-process-usage.ts';

test('CPU time of a control group, of both versions', () => {
  const two = 'usage_usec 2500000\nuser_usec 1500000\nsystem_usec 1000000\nnr_periods 9\nnr_throttled 3\nthrottled_usec 250000\n';
  assert.deepEqual(parseCpuStat2(two), { seconds: 2.5, user: 1.5, system: 1, throttled: 0.25, throttledPeriods: 3 });
  assert.deepEqual(parseCpuStat2('usage_usec 1000000\n'), { seconds: 1, user: 0, system: 0, throttled: 0, throttledPeriods: 0 });
  for (const text of [undefined, '', 'user_usec 1\nusage_usec 2\n']) assert.equal(parseCpuStat2(text), undefined);
  assert.deepEqual(parseCpuStat1('3500000000\n', 'user 150\nsystem 50\n', 'nr_periods 1\nnr_throttled 2\nthrottled_time 1500000000\n'), {
    seconds: 3.5,
    user: 1.5,
    system: 0.5,
    throttled: 1.5,
    throttledPeriods: 2,
  });
  assert.deepEqual(parseCpuStat1('1000000000\n', undefined, undefined), {
    seconds: 1,
    user: 0,
    system: 0,
    throttled: 0,
    throttledPeriods: 0,
  });
  for (const text of [undefined, '', 'x\n', '12']) assert.equal(parseCpuStat1(text, 'user 1\n', ''), undefined);
});

test('a key counts at the beginning of a line only', () => {
  assert.equal(parseCpuStat2('usage_usec 7\nlong_user_usec 5\nuser_usec 1000000\n')?.user, 1);
  assert.equal(parseCpuStat2('usage_usec 7\nlong_user_usec 5\n')?.user, 0);
  assert.equal(parseCpuStat2('usage_usec 7\nuser_usec x\n')?.user, 0);
});

test('memory of a control group: what stays, what goes, what is swapped', () => {
  assert.deepEqual(parseMemoryStat('anon 100\nfile 50\nshmem 20\n', '30\n'), { resident: 120, cache: 30, swap: 30 });
  assert.deepEqual(parseMemoryStat('anon 100\nfile 50\nshmem 20\n'), { resident: 120, cache: 30, swap: 0 });
  assert.deepEqual(parseMemoryStat('anon 100\nfile 10\nshmem 20\n', 'max'), { resident: 120, cache: 0, swap: 0 });
  const one = 'cache 10\nrss 20\nshmem 4\nswap 1\n';
  assert.deepEqual(parseMemoryStat(one), { resident: 24, cache: 6, swap: 1 });
  assert.deepEqual(parseMemoryStat(`${one}total_cache 100\ntotal_rss 200\ntotal_shmem 40\ntotal_swap 10\n`), {
    resident: 240,
    cache: 60,
    swap: 10,
  });
  for (const text of [undefined, '', 'rss 1\n', 'anon x\n']) assert.equal(parseMemoryStat(text), undefined);
});

test('disks of a control group are summed', () => {
  const io = '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16 rbytes=10 wbytes=20 rios=30 wios=40 dbytes=0 dios=0\n9:0\n';
  assert.deepEqual(parseIoStat2(io), { readBytes: 11, writtenBytes: 22, reads: 33, writes: 44 });
  assert.deepEqual(parseIoStat2(''), { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 });
  assert.equal(parseIoStat2(undefined), undefined);
  const [bytes, operations] = ['8:0 Read 1\n8:0 Write 2\n8:0 Total 3\n8:16 Read 10\n', '8:0 Read 5\n8:0 Write 6\n'];
  assert.deepEqual(parseIoStat1(bytes, operations), { readBytes: 11, writtenBytes: 2, reads: 5, writes: 6 });
  assert.equal(parseIoStat1(bytes, undefined), undefined);
  assert.equal(parseIoStat1(undefined, operations), undefined);
});

test('what QEMU says of a guest is believed as far as it can be', () => {
  assert.deepEqual(parseState({ status: 'io-error' }, { actual: 7 }), { state: 'io-error', balloon: 7 });
  assert.deepEqual(parseState({ status: 'running' }, new Error('no balloon')), { state: 'running', balloon: null });
  for (const status of ['', 'Running', 'a'.repeat(33), '-x', 5, null]) assert.equal(parseState({ status }, {}).state, 'unknown');
  assert.equal(parseState({ status: 'a'.repeat(32) }, {}).state, 'a'.repeat(32));
  assert.throws(() => parseState(new Error('gone'), {}), /gone/);
  assert.deepEqual([{ enabled: true }, { enabled: false }, { enabled: 1 }, null, new Error('x')].map(parseAccelerated), [
    true,
    false,
    null,
    null,
    null,
  ]);
});

test('a balloon tells what its driver tells', () => {
  const stats = {
    'stat-total-memory': 100,
    'stat-free-memory': 0,
    'stat-available-memory': -1,
    'stat-disk-caches': 2 ** 64,
    'stat-swap-in': 3,
    'stat-swap-out': '4',
    'stat-major-faults': 5,
    other: 6,
  };
  assert.deepEqual(parseBalloonStats({ stats }), { total: 100, free: 0, swappedIn: 3, majorFaults: 5 });
  for (const value of [null, {}, { stats: null }, new Error('x')]) assert.deepEqual(parseBalloonStats(value), {});
});

test('disks of a guest have the name of their device, and a limit', () => {
  const stats = {
    rd_bytes: 1,
    wr_bytes: 2,
    rd_operations: 3,
    wr_operations: 4,
    flush_operations: 5,
    rd_total_time_ns: 6e9,
    wr_total_time_ns: 7e9,
    failed_rd_operations: 10,
    failed_wr_operations: 20,
    failed_flush_operations: 30,
  };
  assert.deepEqual(parseBlockStats([{ device: 'x', qdev: '/machine/peripheral/disk0/virtio-backend', stats }]), [
    { device: 'disk0', readBytes: 1, writtenBytes: 2, reads: 3, writes: 4, flushes: 5, readTime: 6, writeTime: 7, failed: 60 },
  ]);
  const names = (...entries: unknown[]) => parseBlockStats(entries).map(({ device }) => device);
  assert.deepEqual(names({ device: 'ide0' }, { qdev: '', device: 'b' }, { qdev: '/machine/cd', device: 'c' }, { qdev: 'disk-1' }), [
    'ide0',
    'b',
    '/machine/cd',
    'disk-1',
  ]);
  assert.deepEqual(names({ device: '' }, {}, null, { device: 5 }, { device: 'a'.repeat(129) }, { device: 'a'.repeat(128) }), [
    'a'.repeat(128),
  ]);
  assert.equal(parseBlockStats(Array.from({ length: 70 }, (_, index) => ({ device: `d${index}` }))).length, 64);
  assert.deepEqual([null, {}, 'x', new Error('x')].map(parseBlockStats), [[], [], [], []]);
  assert.equal(parseBlockStats([{ device: 'a', stats: { rd_bytes: Number.NaN, wr_bytes: '5' } }])[0]?.readBytes, 0);
});

test('a process: its state, its times, its memory', () => {
  const fields = ['S', ...Array.from({ length: 40 }, (_, index) => String(1000 + index))];
  const line = `7 (a (b) c) ${fields.join(' ')}`;
  // The third field of the file is the first here.
  assert.deepEqual(parseProcessStat(line), {
    state: 'S',
    userSeconds: 10.1,
    cpuSeconds: 20.21,
    threads: 1016,
    started: 10.18,
    startTicks: 1018,
    resident: 1020 * 4096,
  });
  const cut = (count: number) => parseProcessStat(`7 (a) ${fields.slice(0, count).join(' ')}`);
  assert.equal(cut(22), undefined, 'the last number may be half of one');
  assert.equal(cut(23)?.state, 'S');
  for (const text of [undefined, '', '7 (a) SS 1', line.replace(' 1010 ', ' x '), line.replace(') S', ') 5')])
    assert.equal(parseProcessStat(text), undefined);
});

test('memory and disks of a process', () => {
  assert.deepEqual(parseProcessMemory('Name:\tx\nVmRSS:\t  100 kB\nHugetlbPages:\t 20 kB\nVmSwap:\t 3 kB\n'), {
    resident: 120 * 1024,
    cache: 0,
    swap: 3 * 1024,
  });
  assert.deepEqual(parseProcessMemory('VmRSS:\t1 kB\n'), { resident: 1024, cache: 0, swap: 0 });
  for (const text of [undefined, '', 'VmSwap:\t1 kB\n']) assert.equal(parseProcessMemory(text), undefined);
  const io = 'rchar: 9\nwchar: 9\nsyscr: 3\nsyscw: 4\nread_bytes: 1\nwrite_bytes: 2\ncancelled_write_bytes: 0\n';
  assert.deepEqual(parseProcessIo(io), { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 });
  for (const text of [undefined, '', io.replace('syscr', 'x')]) assert.equal(parseProcessIo(text), undefined);
});

test('interfaces: each counter in its place, garbled lines left out', () => {
  const numbers = Array.from({ length: 16 }, (_, index) => index + 1);
  const text = `Inter-|   Receive\n face |bytes\n  eth0:${numbers.join(' ')}\nbr0.5: ${numbers.map((one) => one * 10).join('  ')}  \n  cut: 1 2 3\n eth9: ${numbers.join(' ')} x\n`;
  const [first, second, ...others] = parseNetDev(text);
  assert.deepEqual(first, {
    name: 'eth0',
    receivedBytes: 1,
    receivedPackets: 2,
    receiveErrors: 3,
    receiveDropped: 4,
    receiveFifo: 5,
    receiveFrame: 6,
    receiveCompressed: 7,
    receivedMulticast: 8,
    sentBytes: 9,
    sentPackets: 10,
    sendErrors: 11,
    sendDropped: 12,
    sendFifo: 13,
    collisions: 14,
    carrierErrors: 15,
    sendCompressed: 16,
  });
  assert.deepEqual([second?.name, second?.sendCompressed, others], ['br0.5', 160, []]);
});

test('pressure: of some, and of all where it is told', () => {
  const some = 'some avg10=1.50 avg60=2.00 avg300=3.25 total=4500000\n';
  const line = { avg10: 1.5, avg60: 2, avg300: 3.25, total: 4.5 };
  assert.deepEqual(parsePressure(some), { some: line });
  assert.deepEqual(parsePressure(`${some}full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n`), {
    some: line,
    full: { avg10: 0, avg60: 0, avg300: 0, total: 1 },
  });
  assert.deepEqual([undefined, '', 'full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n'].map(parsePressure), [null, null, null]);
});

/** A tracking report of chronyd. */
function tracking(sequence: number, { leap = 0, stratum = 3, correction = 0, kind = 5, status = 0, version = 6, type = 2 } = {}): Buffer {
  const packet = Buffer.alloc(104);
  packet[0] = version;
  packet[1] = type;
  packet.writeUInt16BE(kind, 6);
  packet.writeUInt16BE(status, 8);
  packet.writeUInt32BE(sequence, 16);
  packet.writeUInt16BE(stratum, 52);
  packet.writeUInt16BE(leap, 54);
  packet.writeUInt32BE(correction, 68);
  return packet;
}

/** Chrony's float of a value with this exponent and coefficient. */
const float = (exponent: number, coefficient: number): number => (((exponent & 0x7f) << 25) | (coefficient & 0x1ffffff)) >>> 0;

test('chronyd is asked for tracking, and only its answer to this question counts', () => {
  const question = chronyRequest(0x01020304);
  assert.deepEqual(
    [question.length, question[0], question[1], question.readUInt16BE(4), question.readUInt32BE(8)],
    [104, 6, 1, 33, 0x01020304],
  );
  // It has half a second to add: the clock is behind.
  assert.deepEqual(parseChronyReply(tracking(7, { correction: float(1, 2 ** 23) }), 7), { synchronised: true, offset: -0.5, stratum: 3 });
  assert.equal(parseChronyReply(tracking(7, { correction: float(-2, -(2 ** 23)) }), 7)?.offset, 2 ** -4);
  assert.deepEqual(parseChronyReply(tracking(7, { leap: 3, stratum: 0 }), 7), { synchronised: false, offset: 0, stratum: 0 });
  assert.ok(Object.is(parseChronyReply(tracking(7), 7)?.offset, 0));
  for (const packet of [
    tracking(8),
    tracking(7, { kind: 4 }),
    tracking(7, { status: 1 }),
    tracking(7, { version: 5 }),
    tracking(7, { type: 1 }),
    tracking(7).subarray(0, 103),
    Buffer.alloc(0),
  ])
    assert.equal(parseChronyReply(packet, 7), undefined);
});

/** An answer of ntpd with these variables. */
function variables(sequence: number, text: string, { mode = 0x16, op = 0x82 } = {}): Buffer {
  const packet = Buffer.alloc(12 + text.length);
  packet[0] = mode;
  packet[1] = op;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt16BE(text.length, 10);
  packet.write(text, 12, 'latin1');
  return packet;
}

test('ntpd is asked for its variables, and only its answer to this question counts', () => {
  const question = ntpRequest(9);
  assert.deepEqual(
    [question[0], question[1], question.readUInt16BE(2), question.readUInt16BE(10), question.toString('latin1', 12)],
    [0x16, 2, 9, 19, 'leap,stratum,offset\0'],
  );
  assert.deepEqual(parseNtpReply(variables(9, 'leap=0, stratum=2,\r\noffset=-1.5'), 9), { synchronised: true, offset: 0.0015, stratum: 2 });
  assert.deepEqual(parseNtpReply(variables(9, 'leap=3'), 9), { synchronised: false, offset: null, stratum: 0 });
  assert.equal(parseNtpReply(variables(9, 'leap=0,sys.offset=1,offset=+2'), 9)?.offset, -0.002);
  for (const packet of [
    variables(8, 'leap=0'),
    variables(9, 'stratum=1'),
    variables(9, 'leap=0', { mode: 0x17 }),
    variables(9, 'leap=0', { op: 2 }),
    variables(9, 'leap=0').subarray(0, 11),
  ])
    assert.equal(parseNtpReply(packet, 9), undefined);
});
