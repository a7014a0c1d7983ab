import type { Collect, Collector } from '../collector/collector.ts';
import type { CollectorContext, Histories } from '../collector/collector-context.ts';
import { createCommandRunner } from '../collector/command-runner.ts';
import { createProcFiles } from '../collector/proc-files.ts';
import { createRunFolderInstances } from '../collector/run-folder-instances.ts';
import type { CollectFailure, CollectOutcome } from './collect-request.ts';
import { formatSamples } from './format-samples.ts';
import { monotonicNow } from './monotonic-now.ts';

/** Runs collectors one time each, and keeps what they begin with between the times. */
export interface Collection {
  /** Never rejects. @param timeout - milliseconds */
  collect(collector: Collector<unknown>, timeout: number, command?: string): Promise<CollectOutcome>;
  /** The collector begins anew at its next collection. */
  forget(name: string): void;
}

/** Where collectors find the host, and the node agent's run folder on it. */
export interface HostPlaces {
  /** What stands before every path; '' on a real host. */
  readonly root: string;
  readonly runDir?: string | undefined;
}

export function createCollection({ root, runDir }: HostPlaces, historiesOf: (collector: string) => Histories): Collection {
  const started = new Map<string, { readonly collector: Collector<unknown>; readonly run: Collect<unknown> }>();
  const files = createProcFiles(root);
  const context: Omit<CollectorContext, 'histories'> = {
    now: monotonicNow,
    wallTime: () => Date.now(),
    files,
    commands: createCommandRunner(),
    instances: createRunFolderInstances({ files, now: monotonicNow, wallTime: Date.now, root, runDir }),
  };

  async function collect(collector: Collector<unknown>, timeout: number, command?: string): Promise<CollectOutcome> {
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
      const known = started.get(name);
      const run = known?.collector === collector ? known.run : collector.start({ ...context, histories: historiesOf(name) });
      started.set(name, { collector, run });
      const result = run({ signal: abort.signal, command });
      const value = result instanceof Promise ? await Promise.race([result, timedOut.promise]) : result;
      const data = JSON.stringify(value) ?? 'null';
      const bytes = Buffer.byteLength(data);
      const largest = collector.largestReport ?? 1024 * 1024;
      if (bytes > largest) return { ok: false, failure: 'flooded', problem: `a report of ${bytes} bytes; ${largest} are allowed` };
      return { ok: true, data, samples: samplesOf(collector, value), cost: monotonicNow() - begun };
    } catch (error) {
      if (abort.signal.aborted) return { ok: false, failure: 'timed-out', problem: `no answer within ${timeout / 1000} s` };
      return { ok: false, failure: (error as { failure?: CollectFailure }).failure ?? 'failed', problem: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  return { collect, forget: (name) => void started.delete(name) };
}

const samplesOf = (collector: Collector<unknown>, data: unknown) => [
  ...formatSamples(collector, data),
  ...(collector.expose?.(data) ?? []),
];

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
