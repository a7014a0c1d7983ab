import { Worker } from 'node:worker_threads';
import type { CollectorFacts } from '../collector/collector.ts';
import type { MonitorLog } from '../monitor-log.ts';
import type { WorkerMark, WorkerSettings } from './collect-request.ts';
import { type CollectOutcome, type CollectRequest, type FailedOutcome, markBytes, markOf, type WorkerMessage } from './collect-request.ts';
import { monotonicNow } from './monotonic-now.ts';

/** Runs collectors in a place where they cannot delay the rest of the agent. */
export interface CollectorHost {
  /** Never rejects. @param timeout - milliseconds. */
  collect(name: string, timeout: number, command?: string): Promise<CollectOutcome>;
  /** Has the thread begin before the first collection, so that a catalogue which is opened there tells what it has. */
  wake(): void;
  /** Worker threads started so far; more than one tells of collectors that blocked or crashed theirs. */
  readonly threads: number;
  /** Threads that were told to end and have not: they hang in a call of the system. */
  readonly stuckThreads: number;
  /** Resolves when all threads have ended, or after a moment for those that hang. */
  close(): Promise<void>;
}

interface Pending {
  readonly request: CollectRequest;
  readonly resolve: (outcome: CollectOutcome) => void;
  timer: NodeJS.Timeout | undefined;
}

interface Thread {
  readonly worker: Worker;
  readonly mark: WorkerMark;
}

export interface HostOptions {
  /** What stands before every path that collectors read; '' on a real host. */
  readonly root?: string;
  /** The node agent's; its usual one unless given. */
  readonly runDir?: string | undefined;
  /** Folder of those that the agent serves with. */
  readonly certificates?: string | undefined;
  /** Module that exports `collectorCatalogue`; the built-in collectors unless given. */
  readonly catalogue?: string;
  /** What the module's `openCatalogue` is given. */
  readonly given?: unknown;
  /** Told of all collectors of such a module whenever one has come, gone or changed. */
  readonly onCatalogue?: (collectors: readonly CollectorFacts[]) => void;
  /** Given what such a module has for the log. */
  readonly log?: MonitorLog | undefined;
}

/**
 * A worker reports time-outs of waiting collectors itself; if it has not done so after this additional time (ms), it is blocked.
 */
const grace = 250;

/** A thread that has not started after this number of checks, `grace` apart, is abandoned. */
const patience = 20;

/** How long closing waits for threads (ms). */
const goodbye = 500;

const builtIn = new URL('../collector-catalogue.ts', import.meta.url).href;

/**
 * Runs the collectors in one worker thread with a small heap of its own (a second process would cost 50 MB more). When
 * one blocks the thread or tears it down, the thread is replaced, that collection has failed, and the others that were
 * under way run again in the new thread. A collector whose thread hangs in the system waits for that thread to end, so
 * there is never more than one such thread a collector.
 */
export function createCollectorHost({ catalogue = builtIn, given, onCatalogue, log, root = '', ...at }: HostOptions = {}): CollectorHost {
  const pending = new Map<number, Pending>();
  const numbers = createNumbers();
  const histories = new Map<string, SharedArrayBuffer>();
  /** What went wrong with a collector while no collection of it was asked for. */
  const faults = new Map<string, FailedOutcome>();
  const stuck = new Set<string>();
  const leaving = new Set<Promise<number>>();
  let lastId = 0;
  let threads = 0;
  let closed = false;
  let thread: Thread | undefined;

  function startThread(): Thread {
    const memory = new SharedArrayBuffer(markBytes);
    threads++;
    const worker = new Worker(new URL('./collector-worker.ts', import.meta.url), {
      workerData: { root, ...at, catalogue, given, mark: memory, histories } satisfies WorkerSettings,
      // A third of it with 200 instances; 2,000 run with it.
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 1, stackSizeMb: 2 },
    });
    const started = { worker, mark: markOf(memory) };
    worker.on('message', (message: WorkerMessage) => {
      if (thread === started) hear(message);
    });
    let problem = 'the thread ended';
    worker.on('error', (error) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (thread === started && !closed) replace(runningName(), { ok: false, failure: 'crashed', problem });
    });
    worker.unref();
    return started;
  }

  const runningName = (): string => (thread ? numbers.nameOf(Atomics.load(thread.mark.who, 0)) : '');

  function hear(message: WorkerMessage): void {
    if (message.kind === 'answer') settle(message.id, message.outcome);
    else if (message.kind === 'fault') blame(numbers.nameOf(message.who), { ok: false, failure: 'crashed', problem: message.problem });
    else if (message.kind === 'catalogue') onCatalogue?.(message.collectors);
    else if (message.kind === 'log') log?.(...message.line);
    else if (message.memory) histories.set(message.key, message.memory);
    else histories.delete(message.key);
  }

  function settle(id: number, outcome: CollectOutcome): void {
    const entry = pending.get(id);
    if (!entry) return;
    pending.delete(id);
    clearTimeout(entry.timer);
    entry.resolve(outcome);
  }

  /** Fails what is under way of a collector, or else its next collection. */
  function blame(name: string, outcome: FailedOutcome): void {
    const own = [...pending.values()].filter((entry) => entry.request.name === name);
    if (own.length === 0 && name !== '') faults.set(name, outcome);
    for (const entry of own) settle(entry.request.id, outcome);
  }

  /** Gives up the thread. The guilty collector has failed, and where it is not known all have. */
  function replace(guilty: string, outcome: FailedOutcome): void {
    const old = thread;
    thread = undefined;
    if (old) letGo(old, guilty);
    blame(guilty, outcome);
    for (const [id, entry] of [...pending]) {
      if (guilty === '') settle(id, outcome);
      else send(entry);
    }
  }

  function letGo({ worker }: Thread, guilty: string): void {
    const gone = worker.terminate();
    leaving.add(gone);
    if (guilty !== '') stuck.add(guilty);
    void gone.then(() => {
      leaving.delete(gone);
      stuck.delete(guilty);
    });
  }

  function send(entry: Pending): void {
    thread ??= startThread();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, no window
    thread.worker.postMessage(entry.request);
    judgeLater(entry, entry.request.timeout + grace, 0);
  }

  function judgeLater(entry: Pending, wait: number, doubts: number): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => judge(entry, doubts), wait);
    entry.timer.unref();
  }

  /** An answer is overdue: finds out whether the thread is held up, and by whom. */
  function judge(entry: Pending, doubts: number): void {
    const name = runningName();
    const allowed = timeoutOf(name) ?? entry.request.timeout;
    const ran = monotonicNow() - (thread?.mark.since[0] ?? 0);
    if (name !== '' && ran > allowed + grace) {
      replace(name, { ok: false, failure: 'blocked', problem: `held its thread for more than ${allowed / 1000} s` });
    } else if (name === '' && doubts === patience) {
      replace('', { ok: false, failure: 'blocked', problem: 'its thread does not answer' });
    } else {
      // The thread starts, or is busy with one that still has time, or on the way from one to the next.
      judgeLater(entry, grace, name === '' ? doubts + 1 : 0);
    }
  }

  const timeoutOf = (name: string): number | undefined => pending.values().find((entry) => entry.request.name === name)?.request.timeout;

  const collect = (name: string, timeout: number, command?: string): Promise<CollectOutcome> => {
    const fault = faults.get(name);
    faults.delete(name);
    if (fault) return Promise.resolve(fault);
    if (stuck.has(name))
      return Promise.resolve({ ok: false, failure: 'blocked', problem: 'its last collection still hangs in a system call' });
    return new Promise((resolve) => {
      const entry: Pending = { request: { id: ++lastId, who: numbers.of(name), name, timeout, command }, resolve, timer: undefined };
      pending.set(entry.request.id, entry);
      send(entry);
    });
  };

  return {
    collect,
    wake: () => {
      if (!closed) thread ??= startThread();
    },
    get threads() {
      return threads;
    },
    get stuckThreads() {
      return leaving.size;
    },
    close: async () => {
      closed = true;
      for (const entry of pending.values()) clearTimeout(entry.timer);
      if (thread) letGo(thread, '');
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, goodbye);
      await Promise.race([Promise.all(leaving), late.promise]);
      clearTimeout(timer);
    },
  };
}

/** Numbers for names from 1 on, for shared memory holds no names; 0 is nobody. */
function createNumbers(): { of(name: string): number; nameOf(number: number): string } {
  const names = [''];
  const numbers = new Map([['', 0]]);
  return {
    of: (name) => {
      const number = numbers.get(name) ?? names.push(name) - 1;
      numbers.set(name, number);
      return number;
    },
    nameOf: (number) => names[number] ?? '',
  };
}
