import { GantryError } from '../../base/index.ts';
import { type Job, keys } from '../../model/index.ts';
import { type Comparison, storeLimits, type Write } from '../../store/index.ts';
import { compose, type JobChange } from '../record/job-changes.ts';
import { isEnded, type JobRecord, notify } from '../record/job-record.ts';
import { isFull, type SurelyParts, transactSurely } from './transact-surely.ts';
import { type Batch, takeBatch, type WriteItem, type WriteQueue } from './write-queue.ts';

/**
 * Writes jobs. Changes that come while a transaction is under way go into the next one together, so that many jobs share one
 * flush of the disk. Every transaction succeeds only if this master leads and no job in it was changed by another one. A change
 * is shown when it is durable.
 */
export interface JobWriter {
  /**
   * Resolves when the change is durable and shown. Changes of one job are made in the order of the calls.
   * A full store is waited for, unless the change is `refusable`. @throws JOB_TOO_LARGE, STORE_FULL
   */
  change(record: JobRecord, change: JobChange, refusable?: 'refusable'): Promise<void>;
  /** Stores a new job, and what belongs to it; resolves with its revision. Jobs are stored in the order of the calls. @throws STORE_FULL */
  add(job: Job, encoded: string, more: readonly Write[]): Promise<number>;
  /**
   * Stores new jobs in one transaction with a change of the job that submits them; resolves with their revision.
   * A full store is waited for.
   */
  addChildren(parent: JobRecord, change: JobChange, children: readonly { readonly job: Job; readonly encoded: string }[]): Promise<number>;
  /** Moves an ended job to the archive. @throws STORE_FULL */
  archive(record: JobRecord): Promise<void>;
  /** Keeps other writes of this job away while `work` writes it in a transaction of its own. */
  exclusive<T>(record: JobRecord, work: () => Promise<T>): Promise<T>;
  /** Resolves when no write is under way any more. */
  idle(): Promise<void>;
}

export interface WriterParts extends SurelyParts {
  /** Holds while this master leads. */
  readonly fence: Comparison;
  /** Revision of the last write of the job serial; 0 when there is none. */
  readonly serialRevision: number;
  /** Called when a transaction did not hold: somebody else leads. The signal must be aborted when it returns. */
  readonly onFenced: () => void;
}

/** In place of a revision: a job that has left the queue. */
const archivedRevision = -1;

interface ChangeItem extends WriteItem {
  change: JobChange;
  readonly ends: Promise<void>;
}

interface WriterState {
  readonly parts: WriterParts;
  readonly queue: WriteQueue;
  /** The waiting change of a job, which takes further ones in. */
  readonly open: Map<JobRecord, ChangeItem>;
  readonly idle: (() => void)[];
  serialRevision: number;
  /** The highest number that was stored: a job that waits for its turn may be stored after a later one. */
  newest: number;
  scheduled: boolean;
  committing: boolean;
  /** Ends a pause while the store is full. */
  wake: (() => void) | undefined;
}

/** Milliseconds between attempts while the store is full. */
const fullPauseMs = { first: 50, most: 5000 } as const;

export function createJobWriter(parts: WriterParts): JobWriter {
  const queue: WriteQueue = { items: [], busy: new Set() };
  const state: WriterState = {
    parts,
    queue,
    open: new Map(),
    idle: [],
    serialRevision: parts.serialRevision,
    newest: 0,
    scheduled: false,
    committing: false,
    wake: undefined,
  };
  parts.signal.addEventListener('abort', () => schedule(state), { once: true });
  return {
    change: (record, change, refusable) => addChange(state, record, change, refusable !== undefined),
    add: (job, value, more) =>
      new Promise((done, fail) => {
        const key = keys.job(job.id);
        const writes = [{ type: 'put', key, value } as const, ...more];
        const prepared = { compares: [{ key, modRevision: 0 }], writes, newest: job.id };
        enqueue(state, { record: undefined, prepare: () => prepared, refusable: true, done, fail });
      }),
    addChildren: (parent, change, children) =>
      new Promise((resolve, fail) => {
        // What waits for this job already comes before it.
        state.open.delete(parent);
        const prepare = () => ({
          compares: [
            { key: keys.job(parent.id), modRevision: parent.revision },
            ...children.map(({ job }) => ({ key: keys.job(job.id), modRevision: 0 })),
          ],
          writes: [
            { type: 'put', key: keys.job(parent.id), value: encodeJob(change(parent.job)) } as const,
            ...children.map(({ job, encoded }) => ({ type: 'put', key: keys.job(job.id), value: encoded }) as const),
          ],
          newest: Math.max(...children.map(({ job }) => job.id)),
        });
        const done = (revision: number) => {
          publish(parent, revision, change);
          resolve(revision);
        };
        enqueue(state, { record: parent, prepare, refusable: false, done, fail });
      }),
    archive: (record) =>
      new Promise((resolve, fail) => {
        const prepare = () => ({
          compares: [{ key: keys.job(record.id), modRevision: record.revision }],
          writes: [
            { type: 'put', key: keys.archivedJob(record.id), value: encodeJob(record.job) } as const,
            { type: 'delete', key: keys.job(record.id) } as const,
          ],
        });
        const done = () => {
          record.revision = archivedRevision;
          resolve();
        };
        enqueue(state, { record, prepare, refusable: true, done, fail });
      }),
    async exclusive(record, work) {
      await new Promise<void>((resolve, fail) => {
        state.open.delete(record);
        enqueue(state, {
          record,
          refusable: false,
          prepare: () => {
            resolve();
            return { compares: [], writes: [] };
          },
          done: () => resolve(),
          fail,
        });
      });
      try {
        return await work();
      } finally {
        queue.busy.delete(record);
        schedule(state);
      }
    },
    idle: () =>
      new Promise((resolve) => {
        state.idle.push(resolve);
        schedule(state);
      }),
  };
}

/** The job as its value in the store. Undoing and ending may use space that is reserved for them. @throws JOB_TOO_LARGE */
export function encodeJob(job: Job): string {
  const value = JSON.stringify(job);
  const bytes = Buffer.byteLength(value);
  const goesBack = isEnded(job) || job.ops.some((op) => op.execution?.undoing);
  const limit = goesBack ? storeLimits.valueBytes : roomForward(job);
  if (bytes > limit) throw new GantryError('JOB_TOO_LARGE', { job: job.id, bytes, limit });
  return value;
}

/** More than what one opcode becomes larger by when it ends because one before it has failed. */
const endBytes = 400;
const roomOfFew = Math.floor(storeLimits.valueBytes * 0.75);

/** That a job of many opcodes has failed must fit, too. */
const roomForward = ({ ops }: Job): number => Math.max(0, Math.min(roomOfFew, storeLimits.valueBytes - ops.length * endBytes));

/** Takes over what was written elsewhere, and shows it. */
export function publish(record: JobRecord, revision: number, change: JobChange): void {
  record.revision = revision;
  record.job = change(record.job);
  notify(record);
}

function addChange(state: WriterState, record: JobRecord, change: JobChange, refusable: boolean): Promise<void> {
  const open = state.open.get(record);
  if (open?.refusable === refusable) {
    open.change = compose(open.change, change);
    return open.ends;
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let before: Job | undefined;
  let after: Job | undefined;
  const item: ChangeItem = {
    record,
    change,
    ends: promise,
    refusable,
    prepare: () => {
      if (state.open.get(record) === item) state.open.delete(record);
      if (record.revision === archivedRevision) throw new Error(`job ${record.id} is archived and does not change any more`);
      const key = keys.job(record.id);
      before = record.job;
      after = item.change(before);
      return {
        compares: [{ key, modRevision: record.revision }],
        writes: [{ type: 'put', key, value: encodeJob(after) }],
      };
    },
    done: (revision) => {
      // Seldom was another state shown meanwhile.
      publish(record, revision, (job) => (after && job === before ? after : item.change(job)));
      resolve();
    },
    fail: reject,
  };
  state.open.set(record, item);
  enqueue(state, item);
  return promise;
}

function enqueue(state: WriterState, item: WriteItem): void {
  state.queue.items.push(item);
  // Callers that wait for an answer get it now, although other changes wait for free space.
  if (item.refusable) state.wake?.();
  schedule(state);
}

function schedule(state: WriterState): void {
  if (state.scheduled || state.committing) return;
  state.scheduled = true;
  // After the present turn of the event loop, so that everything it brings is written together.
  setImmediate(() => {
    state.scheduled = false;
    void flush(state);
  });
}

async function flush(state: WriterState): Promise<void> {
  const { queue, parts } = state;
  state.committing = true;
  for (let pause: number = fullPauseMs.first; ; ) {
    if (parts.signal.aborted) failAll(state);
    const batch = takeBatch(queue);
    if (batch.items.length === 0) break;
    if (await commit(state, batch)) {
      pause = fullPauseMs.first;
    } else {
      await untilRoom(state, pause);
      pause = Math.min(pause * 2, fullPauseMs.most);
    }
  }
  state.committing = false;
  if (queue.items.length === 0 && queue.busy.size === 0) for (const resolve of state.idle.splice(0)) resolve();
}

function failAll({ queue, open, parts }: WriterState): void {
  open.clear();
  for (const item of queue.items.splice(0)) item.fail(parts.signal.reason);
}

/** Resolves after the pause, or earlier when somebody waits for an answer or the queue stops. */
async function untilRoom(state: WriterState, ms: number): Promise<void> {
  const { clock, signal } = state.parts;
  const woken = new AbortController();
  state.wake = () => woken.abort();
  await clock.sleep(ms, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
  state.wake = undefined;
}

/** @returns false when the store is full and changes that wait for room went back into the queue */
async function commit(state: WriterState, batch: Batch): Promise<boolean> {
  const { parts, queue } = state;
  const compares = [parts.fence, ...batch.compares];
  const writes = [...batch.writes];
  if (batch.newest !== undefined) {
    compares.push({ key: keys.jobSerial, modRevision: state.serialRevision });
    writes.push({ type: 'put', key: keys.jobSerial, value: String(Math.max(state.newest, batch.newest)) });
  }
  const release = (item: WriteItem) => item.record && queue.busy.delete(item.record);
  try {
    const revision = await transactSurely(parts, compares, writes);
    if (revision === undefined) {
      parts.onFenced();
      throw parts.signal.reason;
    }
    if (batch.newest !== undefined) {
      state.serialRevision = revision;
      state.newest = Math.max(state.newest, batch.newest);
    }
    for (const item of batch.items) {
      release(item);
      item.done(revision);
    }
    return true;
  } catch (error) {
    for (const item of batch.items) release(item);
    // Changes of a running job wait for free space; nothing of them was written.
    const kept = isFull(error) ? batch.items.filter((item) => !item.refusable) : [];
    queue.items.unshift(...kept);
    for (const item of batch.items) if (!kept.includes(item)) item.fail(error);
    return kept.length === 0;
  }
}
