import type { QmpClient } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { type InstanceSource, type MonitoredInstance, requireInstances } from '../collector/instance-source.ts';
import { guestStates } from './guest-states.ts';

/** What the guest's balloon driver says of its memory, in bytes; absent without a driver. */
export interface BalloonStats {
  readonly total?: number;
  readonly free?: number;
  readonly available?: number;
  readonly diskCaches?: number;
  /** Since the guest came up. */
  readonly swappedIn?: number;
  readonly swappedOut?: number;
  readonly majorFaults?: number;
}

/** Counters of one disk since QEMU started. */
export interface BlockStats {
  readonly device: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
  /** Seconds that all requests together took. */
  readonly readTime: number;
  readonly writeTime: number;
  readonly failed: number;
}

interface Guest {
  readonly name: string;
  /** QEMU's word: `running`, `paused`, `shutdown`, `inmigrate`, `io-error`, … */
  readonly state: string;
  /** Memory that the guest has now, in bytes: what the balloon leaves it. */
  readonly balloon: number | null;
  readonly memory: BalloonStats;
  readonly disks: readonly BlockStats[];
}

/** A guest that could not be asked. */
interface SilentGuest {
  readonly name: string;
  /** Whether it took too long: it is there and hangs. */
  readonly hangs: boolean;
  readonly problem: string;
}

const interval = 10;

/** For all answers of one QEMU (ms), and for its greeting. */
const patience = 2000;

/** A QEMU that did not answer is left alone for a time that doubles up to this (ms), so that it does not hold up the others. */
const longestPause = 300_000;

/** So many QEMUs are asked at once. */
const atOnce = 16;

const balloonPath = '/machine/peripheral/balloon0';

const statNames = {
  total: 'stat-total-memory',
  free: 'stat-free-memory',
  available: 'stat-available-memory',
  diskCaches: 'stat-disk-caches',
  swappedIn: 'stat-swap-in',
  swappedOut: 'stat-swap-out',
  majorFaults: 'stat-major-faults',
} as const;

type Fields = { readonly [name: string]: unknown };

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** Reads `guest-stats` of a balloon; what the guest does not tell is -1 there (or 2^64-1 before QEMU 2.0) and left out. */
export function parseBalloonStats(value: unknown): BalloonStats {
  const stats = fieldsOf(fieldsOf(value)['stats']);
  const told = Object.entries(statNames).filter(([, key]) => typeof stats[key] === 'number' && stats[key] >= 0 && stats[key] < 2 ** 63);
  return Object.fromEntries(told.map(([name, key]) => [name, stats[key]]));
}

/** Reads the answer to `query-blockstats`; devices without a medium and nodes that are no disks have no name. */
export function parseBlockStats(value: unknown): BlockStats[] {
  return (Array.isArray(value) ? value : []).flatMap((entry) => {
    const { device, qdev, stats } = fieldsOf(entry);
    const name = typeof qdev === 'string' && qdev !== '' ? (qdev.split('/').find((part) => /^disk/.test(part)) ?? qdev) : device;
    const counters = fieldsOf(stats);
    if (typeof name !== 'string' || name === '') return [];
    const count = (key: string) => numberOf(counters[key]);
    return {
      device: name,
      readBytes: count('rd_bytes'),
      writtenBytes: count('wr_bytes'),
      reads: count('rd_operations'),
      writes: count('wr_operations'),
      flushes: count('flush_operations'),
      readTime: count('rd_total_time_ns') / 1e9,
      writeTime: count('wr_total_time_ns') / 1e9,
      failed: count('failed_rd_operations') + count('failed_wr_operations') + count('failed_flush_operations'),
    };
  });
}

/** The connections that are kept, one each socket; one that was lost is opened again when it is next needed. */
function createConnections() {
  const open = new Map<string, Promise<QmpClient>>();
  const connect = async (socket: string): Promise<QmpClient> => {
    const { connectQmp } = await import('../../base/index.ts');
    const client = await connectQmp(socket, { connectMs: patience, lineLimit: 256 * 1024 });
    void client.closed.then(() => open.delete(socket));
    // Guests fill in their statistics at this pace, and not at all unless asked. Not every machine has a balloon.
    const pace = { path: balloonPath, property: 'guest-stats-polling-interval', value: interval };
    await client.execute('qom-set', pace, patience).catch(() => undefined);
    return client;
  };
  return {
    to(socket: string): Promise<QmpClient> {
      const known = open.get(socket);
      if (known) return known;
      const made = connect(socket);
      open.set(socket, made);
      made.catch(() => open.delete(socket));
      return made;
    },
    /** Closes those of instances that have gone. */
    keepOnly(sockets: ReadonlySet<string>): void {
      for (const [socket, client] of open) {
        if (sockets.has(socket)) continue;
        open.delete(socket);
        client.then(
          (qmp) => qmp.close(),
          // It never opened; who waited for it was told.
          () => undefined,
        );
      }
    },
  };
}

const keptConnections = new WeakMap<InstanceSource, ReturnType<typeof createConnections>>();

const questions = [
  { command: 'query-status' },
  { command: 'query-balloon' },
  { command: 'qom-get', args: { path: balloonPath, property: 'guest-stats' } },
  { command: 'query-blockstats' },
];

async function askGuest(name: string, qmp: QmpClient): Promise<Guest> {
  // Not every machine has a balloon; only of the first an error counts.
  const [status, balloon, stats, blocks] = await qmp.executeAll(questions, patience);
  if (status instanceof Error) throw status;
  const actual = fieldsOf(balloon)['actual'];
  return {
    name,
    state: String(fieldsOf(status)['status'] ?? 'unknown'),
    balloon: typeof actual === 'number' ? actual : null,
    memory: parseBalloonStats(stats),
    disks: parseBlockStats(blocks),
  };
}

const labels = ['instance'];
const diskLabels = ['instance', 'device'];
const memoryKinds = ['total', 'free', 'available', 'diskCaches'] as const;

export const instGuestKvm: Collector<(Guest | SilentGuest)[]> = {
  name: 'inst-guest-kvm',
  category: 'instance',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'What QEMU tells of each guest over a connection that is kept: its state, the memory the guest itself sees, its disks.',
  interval,
  timeout: 8,
  largestReport: 8 * 1024 * 1024,
  metrics: [
    { name: 'gantry_guest_running', type: 'gauge', help: 'Whether the guest runs.', labels },
    { name: 'gantry_guest_balloon_bytes', type: 'gauge', unit: 'bytes', help: 'Memory that the balloon leaves the guest.', labels },
    { name: 'gantry_guest_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory as the guest sees it.', labels: ['instance', 'kind'] },
    { name: 'gantry_guest_disk_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes the guest read.', labels: diskLabels },
    { name: 'gantry_guest_disk_written_bytes', type: 'counter', unit: 'bytes', help: 'Bytes the guest wrote.', labels: diskLabels },
    { name: 'gantry_guest_disk_reads', type: 'counter', help: 'Reads of the guest.', labels: diskLabels },
    { name: 'gantry_guest_disk_writes', type: 'counter', help: 'Writes of the guest.', labels: diskLabels },
    { name: 'gantry_guest_disk_failed', type: 'counter', help: 'Requests that failed.', labels: diskLabels },
  ],
  measure: (data, emit) => {
    for (const guest of data) {
      if ('problem' in guest) continue;
      emit('gantry_guest_running', guest.state === 'running' ? 1 : 0, guest.name);
      if (guest.balloon !== null) emit('gantry_guest_balloon_bytes', guest.balloon, guest.name);
      for (const kind of memoryKinds) {
        const bytes = guest.memory[kind];
        if (bytes !== undefined) emit('gantry_guest_memory_bytes', bytes, guest.name, kind === 'diskCaches' ? 'cache' : kind);
      }
      for (const disk of guest.disks) {
        emit('gantry_guest_disk_read_bytes', disk.readBytes, guest.name, disk.device);
        emit('gantry_guest_disk_written_bytes', disk.writtenBytes, guest.name, disk.device);
        emit('gantry_guest_disk_reads', disk.reads, guest.name, disk.device);
        emit('gantry_guest_disk_writes', disk.writes, guest.name, disk.device);
        emit('gantry_guest_disk_failed', disk.failed, guest.name, disk.device);
      }
    }
  },
  start: ({ instances, now }) => {
    // QEMU serves one connection at a time: a collector that has to begin anew takes over what its thread has open.
    const connections = keptConnections.get(instances) ?? createConnections();
    keptConnections.set(instances, connections);
    const silent = new Map<string, SilentGuest & { readonly pause: number; readonly until: number }>();

    const ask = async ({ name }: MonitoredInstance, socket: string): Promise<Guest | SilentGuest> => {
      const before = silent.get(socket);
      if (before && now() < before.until) return { name, hangs: before.hangs, problem: before.problem };
      try {
        const guest = await askGuest(name, await connections.to(socket));
        silent.delete(socket);
        return guest;
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        const hangs = (error as { code?: string }).code === 'HYPERVISOR_QMP_TIMED_OUT';
        const pause = Math.min(longestPause, (before?.pause ?? interval * 500) * 2);
        silent.set(socket, { name, hangs, problem, pause, until: now() + pause });
        return { name, hangs, problem };
      }
    };

    return async ({ signal }) => {
      const waiting = requireInstances(instances).flatMap((instance) => {
        const { pid, qmpSocket } = instance;
        return pid === undefined || qmpSocket === undefined ? [] : [{ instance, qmpSocket }];
      });
      const sockets = new Set(waiting.map(({ qmpSocket }) => qmpSocket));
      connections.keepOnly(sockets);
      for (const socket of silent.keys()) if (!sockets.has(socket)) silent.delete(socket);
      const found = new Map<string, Guest | SilentGuest>();
      const queue = waiting.values();
      const worker = async () => {
        for (const { instance, qmpSocket } of queue) {
          if (signal.aborted) return;
          found.set(instance.name, await ask(instance, qmpSocket));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      const states = guestStates(instances);
      states.clear();
      for (const guest of found.values()) {
        if ('state' in guest) states.set(guest.name, guest.state);
        else if (guest.hangs) states.set(guest.name, 'silent');
      }
      return waiting.flatMap(({ instance }) => found.get(instance.name) ?? []);
    };
  },
};
