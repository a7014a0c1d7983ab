import type { Comparison, Write } from '../../store/index.ts';
import type { JobRecord } from '../record/job-record.ts';

/** One write that waits for its turn. */
export interface WriteItem {
  /** Job whose writes keep their order; none for a new job. */
  readonly record: JobRecord | undefined;
  /** Called when its turn has come, with everything that was written before it already shown. */
  readonly prepare: () => Prepared;
  /** Fails at once when the store is full, instead of waiting for room: somebody waits for the answer. */
  readonly refusable: boolean;
  readonly done: (revision: number) => void;
  readonly fail: (error: unknown) => void;
}

export interface Prepared {
  readonly compares: readonly Comparison[];
  /**
   * The first one is a put, which shows later whether an uncertain transaction was carried out. None: the item writes for itself.
   */
  readonly writes: readonly Write[];
  /** Number of a new job. */
  readonly newest?: number;
}

export interface Batch {
  readonly items: WriteItem[];
  readonly compares: Comparison[];
  readonly writes: Write[];
  newest: number | undefined;
}

/** etcd takes 1.5 MiB in one request, and a transaction 120 writes; the fence and the serial number come on top. */
const limits = { items: 50, writes: 110, bytes: 900_000 } as const;

/** Writes in the order of their arrival, at most one of a job at a time. */
export interface WriteQueue {
  items: WriteItem[];
  /** Jobs with a write under way. */
  readonly busy: Set<JobRecord>;
}

/** Takes what can be written together now and marks its jobs busy. Items that cannot be prepared fail here. */
export function takeBatch(queue: WriteQueue): Batch {
  const batch: Batch = { items: [], compares: [], writes: [], newest: undefined };
  const left: WriteItem[] = [];
  const written = new Set<string>();
  let bytes = 0;
  for (const [i, item] of queue.items.entries()) {
    if (batch.items.length >= limits.items || batch.writes.length >= limits.writes || bytes >= limits.bytes / 2) {
      left.push(...queue.items.slice(i));
      break;
    }
    if (item.record && queue.busy.has(item.record)) {
      left.push(item);
      continue;
    }
    const prepared = tryPrepare(item);
    if (!prepared) continue;
    const size = sizeOf(prepared);
    // A transaction writes a key once.
    const repeats = prepared.writes.some(({ key }) => written.has(key));
    if (repeats || (batch.items.length > 0 && bytes + size > limits.bytes)) {
      left.push(...queue.items.slice(i));
      break;
    }
    bytes += size;
    for (const { key } of prepared.writes) written.add(key);
    if (item.record) queue.busy.add(item.record);
    if (prepared.writes.length === 0) continue;
    batch.items.push(item);
    batch.compares.push(...prepared.compares);
    batch.writes.push(...prepared.writes);
    if (prepared.newest !== undefined) batch.newest = Math.max(prepared.newest, batch.newest ?? 0);
  }
  queue.items = left;
  return batch;
}

function tryPrepare(item: WriteItem): Prepared | undefined {
  try {
    return item.prepare();
  } catch (error) {
    item.fail(error);
    return undefined;
  }
}

function sizeOf({ writes }: Prepared): number {
  return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0), 0);
}
