export interface GuestState {
  /** QEMU's word: `running`, `paused`, `shutdown`, `inmigrate`, `io-error`, … */
  readonly state: string;
  /** Memory that the guest has now, in bytes: what the balloon leaves it. */
  readonly balloon: number | null;
}

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

// A guest that has broken out of its machine controls QEMU: its answers may contain anything, and must not create any number of
// labels.

/** So many disks of a guest are told of. */
const mostDisks = 64;
const longestName = 128;
const stateWord = /^[a-z][a-z-]{0,31}$/;

/** Reads the answers to `query-status` and `query-balloon`. Only an error of the first counts: not every machine has a balloon. */
export function parseState(status: unknown, balloon: unknown): GuestState {
  if (status instanceof Error) throw status;
  const { actual } = fieldsOf(balloon);
  const { status: state } = fieldsOf(status);
  return {
    state: typeof state === 'string' && stateWord.test(state) ? state : 'unknown',
    balloon: typeof actual === 'number' ? actual : null,
  };
}

/** Reads the answer to `query-kvm`; `null` for an error. */
export function parseAccelerated(kvm: unknown): boolean | null {
  const { enabled } = fieldsOf(kvm);
  return typeof enabled === 'boolean' ? enabled : null;
}

/** Reads `guest-stats` of a balloon; what the guest does not tell is -1 there (or 2^64-1 before QEMU 2.0) and left out. */
export function parseBalloonStats(value: unknown): BalloonStats {
  const stats = fieldsOf(fieldsOf(value)['stats']);
  const told = Object.entries(statNames).filter(([, key]) => typeof stats[key] === 'number' && stats[key] >= 0 && stats[key] < 2 ** 63);
  return Object.fromEntries(told.map(([name, key]) => [name, stats[key]]));
}

/** Reads the answer to `query-blockstats`; devices without a medium and nodes that are no disks have no name. */
export function parseBlockStats(value: unknown): BlockStats[] {
  const disks = (Array.isArray(value) ? value : []).flatMap((entry): BlockStats[] => {
    const { device, qdev, stats } = fieldsOf(entry);
    const name = typeof qdev === 'string' && qdev !== '' ? (/(?:^|\/)(disk[^/]*)/.exec(qdev)?.[1] ?? qdev) : device;
    const counters = fieldsOf(stats);
    if (typeof name !== 'string' || name === '' || name.length > longestName) return [];
    const count = (key: string) => numberOf(counters[key]);
    return [
      {
        device: name,
        readBytes: count('rd_bytes'),
        writtenBytes: count('wr_bytes'),
        reads: count('rd_operations'),
        writes: count('wr_operations'),
        flushes: count('flush_operations'),
        readTime: count('rd_total_time_ns') / 1e9,
        writeTime: count('wr_total_time_ns') / 1e9,
        failed: count('failed_rd_operations') + count('failed_wr_operations') + count('failed_flush_operations'),
      },
    ];
  });
  return disks.slice(0, mostDisks);
}
