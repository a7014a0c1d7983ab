import { parentPort, workerData } from 'node:worker_threads';
import type { Collect, Collector } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import { createCommandRunner } from '../collector/command-runner.ts';
import { createProcFiles } from '../collector/proc-files.ts';
import { type CollectOutcome, type CollectRequest, markOf, type WorkerMessage, type WorkerSettings } from './collect-request.ts';
import { formatSamples } from './format-samples.ts';
import { monotonicNow } from './monotonic-now.ts';
import { sharedHistories } from './shared-histories.ts';
import { watchWhoRuns } from './who-runs.ts';

// The thread in which collectors run. It knows no schedule: it is told what to run, and says what came of it.

const settings = workerData as WorkerSettings;
const catalogue = ((await import(settings.catalogue)) as { collectorCatalogue: readonly Collector<unknown>[] }).collectorCatalogue;
const known = new Map(catalogue.map((collector) => [collector.name, collector]));
const started = new Map<string, Collect<unknown>>();
const names = new Map<number, string>();
const whoRuns = watchWhoRuns(markOf(settings.mark));
const historiesOf = sharedHistories(settings.histories, (key, memory) => tell({ kind: 'history', key, memory }));
const context: Omit<CollectorContext, 'histories'> = {
  now: monotonicNow,
  wallTime: () => Date.now(),
  files: createProcFiles(settings.root),
  commands: createCommandRunner(),
  instances: { list: () => [] },
};

function tell(message: WorkerMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(message);
}

async function collect(collector: Collector<unknown>, timeout: number): Promise<CollectOutcome> {
  const { name } = collector;
  const abort = new AbortController();
  const timedOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    abort.abort();
    // What it waits for may never come: the next collection begins anew.
    started.delete(name);
    timedOut.reject(abort.signal);
  }, timeout);
  try {
    const begun = monotonicNow();
    let run = started.get(name);
    if (!run) {
      run = collector.start({ ...context, histories: historiesOf(name) });
      started.set(name, run);
    }
    const result = run({ signal: abort.signal });
    const value = result instanceof Promise ? await Promise.race([result, timedOut.promise]) : result;
    const data = JSON.stringify(value) ?? 'null';
    const bytes = Buffer.byteLength(data);
    const largest = collector.largestReport ?? 1024 * 1024;
    if (bytes > largest) return { ok: false, failure: 'flooded', problem: `a report of ${bytes} bytes; ${largest} are allowed` };
    return { ok: true, data, samples: formatSamples(collector, value), cost: monotonicNow() - begun };
  } catch (error) {
    if (abort.signal.aborted) return { ok: false, failure: 'timed-out', problem: `no answer within ${timeout / 1000} s` };
    return { ok: false, failure: 'failed', problem: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Thrown where no collection could catch it: in a timer, an event, a promise that nobody waited for. It is its collector's alone. */
function fault(who: number, error: unknown): void {
  started.delete(names.get(who) ?? '');
  tell({ kind: 'fault', who, problem: messageOf(error) });
}
process.on('uncaughtException', (error) => fault(whoRuns.current, error));
process.on('unhandledRejection', (error, promise) => fault(whoRuns.ownerOf(promise), error));

parentPort?.on('message', ({ id, who, name, timeout }: CollectRequest) => {
  const collector = known.get(name);
  if (!collector) return;
  names.set(who, name);
  whoRuns.enter(who);
  void collect(collector, timeout).then((outcome) => tell({ kind: 'answer', id, outcome }));
  whoRuns.enter(0);
});
