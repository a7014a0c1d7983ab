import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/index.ts';
import { type CollectAnswer, type CollectOutcome, type CollectRequest, markBytes, markOf, type WorkerSettings } from './collect-request.ts';

/** Runs collectors where they cannot hold up anybody. */
export interface CollectorHost {
  /** Never rejects. @param timeout - milliseconds. */
  collect(name: string, timeout: number): Promise<CollectOutcome>;
  /** Worker threads started so far; more than one tells of collectors that blocked or crashed theirs. */
  readonly threads: number;
  close(): void;
}

interface Pending {
  readonly request: CollectRequest;
  readonly resolve: (outcome: CollectOutcome) => void;
  timer: NodeJS.Timeout;
}

export interface HostOptions {
  readonly clock: Clock;
  /** What stands before every path that collectors read; '' on a real host. */
  readonly root?: string;
  /** Module that exports `collectorCatalogue`; the built-in collectors unless given. */
  readonly catalogue?: string;
}

/** A worker answers time-outs of waiting collectors itself; so much later (ms) it must be held up. */
const grace = 250;

/**
 * Runs the collectors in one worker thread with a small heap of its own (a second process would cost 50 MB more). When
 * one blocks the thread or tears it down, the thread is replaced, that collection has failed, and the others that were
 * under way run again in the new thread.
 */
export function createCollectorHost(options: HostOptions): CollectorHost {
  const { clock } = options;
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let threads = 0;
  let closed = false;
  let mark = markOf(new SharedArrayBuffer(markBytes));
  let worker = startWorker();

  function startWorker(): Worker {
    const memory = new SharedArrayBuffer(markBytes);
    mark = markOf(memory);
    threads++;
    const catalogue = options.catalogue ?? new URL('../collector-catalogue.ts', import.meta.url).href;
    const started = new Worker(new URL('./collector-worker.ts', import.meta.url), {
      workerData: { root: options.root ?? '', catalogue, mark: memory } satisfies WorkerSettings,
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 2 },
    });
    started.on('message', ({ id, outcome }: CollectAnswer) => settle(id, outcome));
    let problem = 'the thread ended';
    started.on('error', (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    started.on('exit', () => {
      if (closed || started !== worker) return;
      replace(runningId(), { ok: false, failure: 'crashed', problem });
    });
    started.unref();
    return started;
  }

  const runningId = () => Atomics.load(mark.id, 0);

  function settle(id: number, outcome: CollectOutcome): void {
    const entry = pending.get(id);
    if (!entry) return;
    pending.delete(id);
    clearTimeout(entry.timer);
    entry.resolve(outcome);
  }

  /** A new thread; the guilty collection has failed, and where it is not known all have. */
  function replace(guilty: number, outcome: CollectOutcome): void {
    const known = pending.has(guilty);
    const old = worker;
    worker = startWorker();
    // Not awaited: a thread that is stuck in the kernel ends whenever the kernel lets it.
    void old.terminate();
    for (const [id, entry] of [...pending]) {
      if (!known || id === guilty) settle(id, outcome);
      else send(entry);
    }
  }

  function send(entry: Pending): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, no window
    worker.postMessage(entry.request);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => judge(entry, 0), entry.request.timeout + grace);
    entry.timer.unref();
  }

  /** An answer is overdue: finds out whether the thread is held up, and by whom. */
  function judge(entry: Pending, doubts: number): void {
    const id = runningId();
    const runner = pending.get(id);
    const ran = clock.now() - (mark.since[0] ?? 0);
    if (runner && ran > runner.request.timeout + grace) {
      const problem = `held its thread for more than ${runner.request.timeout / 1000} s`;
      replace(id, { ok: false, failure: 'blocked', problem });
    } else if (!runner && doubts === 4) {
      replace(entry.request.id, { ok: false, failure: 'blocked', problem: 'its thread does not answer' });
    } else {
      // The thread is busy with one that still has time, or on the way from one to the next.
      entry.timer = setTimeout(() => judge(entry, runner ? 0 : doubts + 1), grace);
      entry.timer.unref();
    }
  }

  return {
    collect: (name, timeout) =>
      new Promise((resolve) => {
        const entry: Pending = { request: { id: ++lastId, name, timeout }, resolve, timer: setTimeout(() => {}, 0) };
        pending.set(entry.request.id, entry);
        send(entry);
      }),
    get threads() {
      return threads;
    },
    close: () => {
      closed = true;
      for (const entry of pending.values()) clearTimeout(entry.timer);
      void worker.terminate();
    },
  };
}
