import { setTimeout as sleep } from 'node:timers/promises';
import { formatSamples, metricsPage } from '../base/index.ts';
import { createProcFiles } from '../host/light.ts';
import type { Collector } from './collector/collector.ts';
import type { CollectorContext } from './collector/collector-context.ts';
import { createCommandRunner } from './collector/command-runner.ts';
import type { MonitoredInstance } from './collector/instance-source.ts';
import { keepMade } from './collector/keep-made.ts';
import { createNotes } from './collector/notes.ts';
import { createRingBuffer } from './collector/ring-buffer.ts';
import { createRunFolderInstances, usualRunDir } from './collector/run-folder-instances.ts';
import { toJsonBytes } from './host/json-bytes.ts';
import { monotonicNow } from './host/monotonic-now.ts';
import { createReportCache, jsonOf } from './scheduler/report-cache.ts';

/** What a collector is given in place of what it would find on this host. */
export interface OnceOptions {
  /** Texts of files, by path. */
  readonly files?: ReadonlyMap<string, string>;
  /** What programs print, by name. */
  readonly outputs?: ReadonlyMap<string, string>;
  readonly instances?: readonly MonitoredInstance[];
  /** Name of the program, of a collector that runs one of several. */
  readonly command?: string | undefined;
  /** Milliseconds until a collector that keeps a history reads again, since averages need two readings; 0: it does not. */
  readonly pause?: number;
}

export interface OnceReport {
  /** JSON, as the agent serves it. */
  readonly report: string;
  /** The same as Prometheus reads it. */
  readonly metrics: string;
}

/** Runs one collector without an agent. @throws what the collector throws */
export async function collectOnce(collector: Collector<unknown>, { pause = 1000, ...given }: OnceOptions = {}): Promise<OnceReport> {
  const files = createProcFiles();
  let keepsHistory = false;
  const context = contextOf(files, given, () => {
    keepsHistory = true;
  });
  try {
    const collect = collector.start(context);
    const once = () => collect({ signal: AbortSignal.timeout(collector.timeout * 1000), command: given.command });
    const begun = monotonicNow();
    let data = await once();
    if (keepsHistory && pause > 0) {
      await sleep(pause);
      data = await once();
    }
    const samples = formatSamples(collector, data);
    const cache = createReportCache([collector], { now: monotonicNow, wallTime: Date.now });
    cache.storeGood(collector.name, toJsonBytes(JSON.stringify(data)), samples, monotonicNow() - begun);
    return { report: String(cache.reports().map(jsonOf)), metrics: metricsPage('text', collector.metrics, samples) };
  } finally {
    files.close();
  }
}

function contextOf(
  files: ReturnType<typeof createProcFiles>,
  { files: texts, outputs, instances }: OnceOptions,
  onHistory: () => void,
): CollectorContext {
  const commands = createCommandRunner();
  const times = { now: monotonicNow, wallTime: Date.now };
  return {
    ...times,
    files: {
      ...files,
      read: (path) => texts?.get(path) ?? files.read(path),
      readIfThere: (path) => texts?.get(path) ?? files.readIfThere(path),
    },
    commands: { output: async (command, args, signal) => outputs?.get(command) ?? commands.output(command, args, signal) },
    instances: instances ? { list: () => instances } : createRunFolderInstances({ files, ...times }),
    histories: {
      take: (_name, width, capacity) => {
        onHistory();
        return createRingBuffer(width, capacity);
      },
      drop: () => undefined,
    },
    // Those of an agent that runs here are not for changing.
    notes: { ...createNotes(files, '', `${usualRunDir}/monitor`), write: () => undefined },
    kept: keepMade(),
  };
}
