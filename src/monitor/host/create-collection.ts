import { createProcFiles } from '../../host/light.ts';
import type { Collect, Collector } from '../collector/collector.ts';
import type { CollectorContext, Histories } from '../collector/collector-context.ts';
import { createCommandRunner } from '../collector/command-runner.ts';
import { keepMade } from '../collector/keep-made.ts';
import { createNotes } from '../collector/notes.ts';
import { createRunFolderInstances, usualRunDir } from '../collector/run-folder-instances.ts';
import type { CollectFailure, CollectOutcome } from './collect-request.ts';
import { toJsonBytes } from './json-bytes.ts';
import { messageOf } from './message-of.ts';
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
  /** Folder of those that the agent serves with. */
  readonly certificates?: string | undefined;
}

/** What is kept of a collector from one collection to the next. */
interface Started {
  readonly collector: Collector<unknown>;
  readonly run: Collect<unknown>;
}

/** After its time-out, a collector may still return what it has within this number of milliseconds. */
const lastWord = 100;

export function createCollection({ root, runDir, certificates }: HostPlaces, historiesOf: (collector: string) => Histories): Collection {
  const started = new Map<string, Started>();
  /** What the last reports said, of collectors whose interval may stretch. */
  const essences = new Map<string, string>();
  const files = createProcFiles(root);
  const context: Omit<CollectorContext, 'histories'> = {
    now: monotonicNow,
    wallTime: () => Date.now(),
    files,
    certificates,
    commands: createCommandRunner(),
    instances: createRunFolderInstances({ files, now: monotonicNow, wallTime: Date.now, root, runDir }),
    notes: createNotes(files, root, `${runDir ?? usualRunDir}/monitor`),
    kept: keepMade(),
  };

  const start = (collector: Collector<unknown>): Started => {
    const begun = { collector, run: collector.start({ ...context, histories: historiesOf(collector.name) }) };
    started.set(collector.name, begun);
    return begun;
  };

  /** Whether it says the same as the report before. */
  const isUnchanged = (collector: Collector<unknown>, value: unknown, json: string): boolean => {
    const { name, longestInterval } = collector;
    if (longestInterval === undefined) return false;
    const said = collector.essence ? (JSON.stringify(collector.essence(value)) ?? '') : json;
    const before = essences.get(name);
    essences.set(name, said);
    return before === said;
  };

  async function collect(collector: Collector<unknown>, timeout: number, command?: string): Promise<CollectOutcome> {
    const { name } = collector;
    const abort = new AbortController();
    const timedOut = Promise.withResolvers<never>();
    let timer = setTimeout(() => {
      abort.abort();
      // What it waits for may never arrive, so the next collection starts the collector again.
      started.delete(name);
      timer = setTimeout(() => timedOut.reject(abort.signal), lastWord);
    }, timeout);
    try {
      const begun = monotonicNow();
      const known = started.get(name);
      const { run } = known?.collector === collector ? known : start(collector);
      const result = run({ signal: abort.signal, command });
      const value = result instanceof Promise ? await Promise.race([result, timedOut.promise]) : result;
      const json = JSON.stringify(value) ?? 'null';
      const data = toJsonBytes(json);
      const largest = collector.largestReport ?? 1024 * 1024;
      if (data.length > largest)
        return { ok: false, failure: 'flooded', problem: `a report of ${data.length} bytes; ${largest} are allowed` };
      const unchanged = isUnchanged(collector, value, json);
      return { ok: true, data, exposed: collector.expose?.(value) ?? [], cost: monotonicNow() - begun, unchanged };
    } catch (error) {
      const failure = (error as { failure?: CollectFailure } | undefined)?.failure;
      if (abort.signal.aborted && failure !== 'timed-out')
        return { ok: false, failure: 'timed-out', problem: `no answer within ${timeout / 1000} s` };
      return { ok: false, failure: failure ?? 'failed', problem: messageOf(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  return { collect, forget: (name) => void started.delete(name) };
}
