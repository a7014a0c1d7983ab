import { parentPort, workerData } from 'node:worker_threads';
import type { Collect, Collector } from '../collector/collector.ts';
import { createCommandRunner } from '../collector/command-runner.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import { createProcFiles } from '../collector/proc-files.ts';
import { type CollectAnswer, type CollectOutcome, type CollectRequest, markOf, type WorkerSettings } from './collect-request.ts';
import { formatSamples } from './format-samples.ts';

// The thread in which collectors run. It knows no schedule: it is told what to run, and says what came of it.

const settings = workerData as WorkerSettings;
const mark = markOf(settings.mark);
const catalogue = ((await import(settings.catalogue)) as { collectorCatalogue: readonly Collector<unknown>[] }).collectorCatalogue;
const known = new Map(catalogue.map((collector) => [collector.name, collector]));
const started = new Map<string, Collect<unknown>>();
const context: CollectorContext = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  files: createProcFiles(settings.root),
  commands: createCommandRunner(),
  instances: { list: () => [] },
};

async function collect(collector: Collector<unknown>, request: CollectRequest): Promise<CollectOutcome> {
  const abort = new AbortController();
  const timedOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    abort.abort();
    timedOut.reject(abort.signal);
  }, request.timeout);
  try {
    const begun = performance.now();
    let run = started.get(collector.name);
    if (!run) {
      run = collector.start(context);
      started.set(collector.name, run);
    }
    const result = run({ signal: abort.signal });
    const value = result instanceof Promise ? await between(request, Promise.race([result, timedOut.promise])) : result;
    const data = JSON.stringify(value);
    const largest = collector.largestReport ?? 1024 * 1024;
    if (data.length > largest)
      return { ok: false, failure: 'flooded', problem: `a report of ${data.length} bytes; ${largest} are allowed` };
    return { ok: true, data, samples: formatSamples(collector, value), cost: performance.now() - begun };
  } catch (error) {
    if (abort.signal.aborted) return { ok: false, failure: 'timed-out', problem: `no answer within ${request.timeout / 1000} s` };
    return { ok: false, failure: 'failed', problem: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Takes the mark away while a promise is waited for, and sets it again for what follows. */
async function between<T>(request: CollectRequest, promise: Promise<T>): Promise<T> {
  setMark(0);
  try {
    return await promise;
  } finally {
    setMark(request.id);
  }
}

function setMark(id: number): void {
  mark.since[0] = performance.timeOrigin + performance.now();
  Atomics.store(mark.id, 0, id);
}

parentPort?.on('message', async (request: CollectRequest) => {
  const collector = known.get(request.name);
  if (!collector) return;
  setMark(request.id);
  const outcome = await collect(collector, request);
  setMark(0);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage({ id: request.id, outcome } satisfies CollectAnswer);
});
