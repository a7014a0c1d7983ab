import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Json } from '../../src/base/index.ts';

// Stands in for many QEMUs: qmp-server.ts SOCKET..., says "ready" to its parent and ends with it. Answers as QEMU 7.2 does.

const version = { qemu: { micro: 22, minor: 2, major: 7 }, package: 'Debian 1:7.2+dfsg-7+deb12u18+b3' };
const greeting = { QMP: { version, capabilities: ['oob'] } };

const begun = performance.now();
/** A counter that grows at this pace a second. */
const grown = (pace: number) => Math.floor(((performance.now() - begun) / 1000) * pace);

const guestStats = () => ({
  stats: {
    'stat-htlb-pgalloc': 0,
    'stat-swap-out': grown(10),
    'stat-available-memory': 1_500_000_000 - grown(1000),
    'stat-htlb-pgfail': 0,
    'stat-free-memory': 900_000_000 - grown(2000),
    'stat-minor-faults': grown(500),
    'stat-major-faults': grown(2),
    'stat-total-memory': 2_080_000_000,
    'stat-swap-in': grown(5),
    'stat-disk-caches': 400_000_000,
  },
  'last-update': Math.floor(Date.now() / 1000),
});

const blockStats = (disk: number) => ({
  device: '',
  stats: {
    unmap_operations: 0,
    unmap_merged: 0,
    flush_total_time_ns: grown(1e6),
    wr_highest_offset: 8_589_934_592,
    wr_total_time_ns: grown(3e6),
    failed_wr_operations: 0,
    failed_rd_operations: 0,
    wr_merged: 0,
    wr_bytes: grown(100_000),
    timed_stats: [],
    failed_unmap_operations: 0,
    failed_flush_operations: 0,
    account_invalid: true,
    rd_total_time_ns: grown(2e6),
    invalid_unmap_operations: 0,
    flush_operations: grown(1),
    wr_operations: grown(12),
    unmap_bytes: 0,
    rd_merged: 0,
    rd_bytes: grown(300_000),
    unmap_total_time_ns: 0,
    invalid_flush_operations: 0,
    account_failed: true,
    idle_time_ns: 40_000_000,
    rd_operations: grown(20),
    invalid_wr_operations: 0,
    invalid_rd_operations: 0,
  },
  'node-name': `disk${disk}`,
  qdev: `/machine/peripheral/disk${disk}/virtio-backend`,
});

const answers: Readonly<Record<string, () => Json>> = {
  'query-status': () => ({ status: 'running', singlestep: false, running: true }),
  'query-balloon': () => ({ actual: 2_147_483_648 }),
  'qom-set': () => ({}),
  'qom-get': guestStats,
  'query-blockstats': () => [blockStats(0), blockStats(1)],
  'query-memory-size-summary': () => ({ 'base-memory': 2_147_483_648 }),
};

function serve(socket: Socket): void {
  let negotiated = false;
  let rest = '';
  const say = (message: Json) => socket.write(`${JSON.stringify(message)}\r\n`);
  const refuse = (desc: string, id: Json, kind = 'CommandNotFound') => say({ id, error: { class: kind, desc } });
  const answer = ({ execute, id }: { execute: string; id: Json }) => {
    if (execute === 'qmp_capabilities' && !negotiated) {
      negotiated = true;
      return say({ return: {}, id });
    }
    if (!negotiated) return refuse("Expecting capabilities negotiation with 'qmp_capabilities'", id);
    const value = answers[execute];
    return value ? say({ return: value(), id }) : refuse(`The command ${execute} has not been found`, id);
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') answer(JSON.parse(line) as { execute: string; id: Json });
  });
  say(greeting);
}

await Promise.all(process.argv.slice(2).map((path) => once(createServer(serve).listen(path), 'listening')));
process.send?.('ready');
process.on('disconnect', () => process.exit());
