import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { chronyRequest, parseChronyReply } from './chrony-tracking.ts';
import { createClock } from './clock.ts';
import { ntpRequest, parseNtpReply } from './ntp-variables.ts';

/** What chronyd 4.3 answered to request 7, while `chronyc tracking` said: stratum 10, 2.132250071 seconds slow. */
const slowChrony = Buffer.from(
  '060200000021000500000000000000000000000700000000000000007f7f01010000000000000000000000000000000000000000000a0000000000006b0393cc' +
    '2005f7b3068876c907778937068876c9000000000000000000000000000000000000000000000000',
  'hex',
);

const ntpReply = (text: string, sequence: number, more = 0): Buffer => {
  const packet = Buffer.alloc(12 + text.length);
  packet[0] = 0x16;
  packet[1] = 0x82 | more;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt16BE(text.length, 10);
  packet.write(text, 12, 'latin1');
  return packet;
};

/** A daemon on the loopback that gives each request to `answer`. */
async function listen(answer: (request: Buffer) => Buffer | undefined): Promise<{ readonly port: number } & AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (request, { port }) => {
    const reply = answer(request);
    if (reply) socket.send(reply, port, '127.0.0.1');
  });
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

const withSequence = (packet: Buffer, sequence: number): Buffer => {
  const copy = Buffer.from(packet);
  copy.writeUInt32BE(sequence, 16);
  return copy;
};

test('chronyd: a real reply, and what is none', () => {
  const state = parseChronyReply(slowChrony, 7);
  assert.deepEqual({ ...state, offset: state?.offset?.toFixed(9) }, { synchronised: true, offset: '-2.132250071', stratum: 10 });
  assert.equal(parseChronyReply(slowChrony, 8), undefined);
  for (let length = 0; length < slowChrony.length; length++) assert.equal(parseChronyReply(slowChrony.subarray(0, length), 7), undefined);
  const fast = Buffer.from(slowChrony);
  // -0.5: coefficient -2^24, exponent 0.
  fast.writeUInt32BE(0x01000000, 28 + 40);
  fast.writeUInt16BE(3, 28 + 26);
  assert.deepEqual(parseChronyReply(fast, 7), { synchronised: false, offset: 0.5, stratum: 10 });
  fast.writeUInt16BE(2, 8);
  assert.equal(parseChronyReply(fast, 7), undefined);
});

test('ntpd: variables in any order, and what is no answer', () => {
  const text = 'leap=0, stratum=3,\r\noffset=-12.500, sys_jitter=0.1';
  assert.deepEqual(parseNtpReply(ntpReply(text, 9), 9), { synchronised: true, offset: 0.0125, stratum: 3 });
  assert.deepEqual(parseNtpReply(ntpReply('stratum=16, leap=3', 9), 9), { synchronised: false, offset: null, stratum: 16 });
  for (const bad of [
    ntpReply(text, 8),
    ntpReply(text, 9, 0x40),
    ntpReply('no variables', 9),
    ntpRequest(9),
    chronyRequest(9),
    Buffer.alloc(3),
  ]) {
    assert.equal(parseNtpReply(bad, 9), undefined);
  }
  assert.deepEqual(parseNtpReply(ntpReply(text, 9).subarray(0, 30), 9), { synchronised: true, offset: null, stratum: 3 });
});

test('the collector asks one after the other, and notices when the clock is set', async () => {
  let answers: 'chrony' | 'garbage' | 'nothing' = 'chrony';
  await using chrony = await listen((request) =>
    answers === 'chrony' ? withSequence(slowChrony, request.readUInt32BE(8)) : answers === 'garbage' ? Buffer.from('?') : undefined,
  );
  await using ntp = await listen((request) => ntpReply('leap=0,stratum=2,offset=1.5', request.readUInt16BE(2)));
  using host = createTestHost();
  let wall = host.context.wallTime();
  const clock = createClock({ chrony: chrony.port, ntp: ntp.port });
  const collect = clock.start({ ...host.context, wallTime: () => wall });
  const first = await collect(calmRun);
  assert.deepEqual([first.source, first.status, first.jumped], ['chronyd', { code: 1, message: 'The clock is 2.132 s behind' }, 0]);
  assert.match(formatSamples(clock, first)[0]?.text ?? '', /^gantry_node_clock_offset_seconds -2\.13225/);
  host.advance(60);
  wall += 60_000 - 3_600_000;
  answers = 'garbage';
  const second = await collect(calmRun);
  assert.deepEqual([second.source, second.status.code, second.offset, second.stratum, second.jumped], ['ntpd', 0, -0.0015, 2, -3600]);
  answers = 'nothing';
  assert.equal((await collect({ signal: AbortSignal.timeout(50) })).source, null);
});

test('no daemon with a port: the file of systemd-timesyncd, or nothing', async () => {
  const { port, [Symbol.asyncDispose]: close } = await listen(() => undefined);
  await close();
  using host = createTestHost();
  const collect = createClock({ chrony: port, ntp: port }).start(host.context);
  const nobody = await collect(calmRun);
  assert.deepEqual([nobody.source, nobody.status.code, nobody.synchronised], [null, 2, null]);
  host.write('/run/systemd/timesync/other', '');
  assert.equal((await collect(calmRun)).status.message, 'systemd-timesyncd has no time source');
  host.write('/run/systemd/timesync/synchronized', '');
  const good = await collect(calmRun);
  assert.deepEqual([good.source, good.status.code, good.synchronised, good.offset], ['systemd-timesyncd', 0, true, null]);
});
