import { type FamilySamples, GantryError } from '../../base/index.ts';
import type { Collector } from '../collector/collector.ts';
import { messageOf } from '../host/message-of.ts';
import { exposePlugin, type MetricOwners, type PluginData } from './expose-plugin.ts';
import { createFileReader } from './file-reader.ts';
import { createOnceProgram } from './once-program.ts';
import { createOnceSocket } from './once-socket.ts';
import type { FoundPlugin, PluginDefinition } from './plugin-definition.ts';
import type { PluginReader, ReaderParts } from './plugin-reader.ts';
import type { Manifest } from './plugin-schemas.ts';
import { problemText } from './problem-text.ts';
import { defaultManifest } from './read-manifest.ts';
import { createStreamReader, openProgram, openSocket } from './stream-reader.ts';

/** How the reports of a plugin are got. */
export function createReader(parts: ReaderParts): PluginReader {
  const { source, manifest } = parts.definition;
  const stream = manifest.mode === 'stream';
  if (source === 'program') return stream ? createStreamReader(parts, openProgram) : createOnceProgram(parts);
  if (source === 'socket') return stream ? createStreamReader(parts, openSocket) : createOnceSocket(parts);
  return createFileReader(parts);
}

/** A plugin as a collector like all others. */
export function createPluginCollector(
  found: FoundPlugin & { readonly name: string },
  reader: PluginReader | undefined,
  owners: MetricOwners,
): Collector<PluginData> {
  const { name, definition, revision } = found;
  const manifest = found.manifest ?? defaultManifest;
  let exposed: { readonly data: PluginData; readonly samples: FamilySamples[] } | undefined;
  const collect = async (signal: AbortSignal): Promise<PluginData> => {
    if (!definition || !reader) throw found.problem ?? new Error('there is no such plugin');
    const data = await reader.read(signal);
    const samples = exposePlugin(definition, data);
    limitSeries(definition, data);
    owners.claim(
      name,
      samples.flatMap(({ head }) => head ?? []),
    );
    exposed = { data, samples };
    return data;
  };
  return {
    name,
    category: manifest.category as Collector['category'],
    kind: manifest.kind,
    version: manifest.version,
    formatVersion: 1,
    help: manifest.help,
    interval: manifest.interval,
    timeout: manifest.timeout,
    // What the agent makes of a report may be longer than the report.
    largestReport: manifest.largest_report * 16,
    metrics: [],
    revision,
    ...(definition ? {} : { refused: true }),
    measure: () => undefined,
    expose: (data) => (exposed?.data === data ? exposed.samples : []),
    start:
      () =>
      ({ signal }) =>
        Promise.race([collect(signal), overdue(signal)]).catch((error: unknown) => {
          throw signal.aborted ? timedOut(name, manifest, reader) : withCode(name, error);
        }),
  };
}

function limitSeries({ name, manifest }: PluginDefinition, { metrics = [], families = [] }: PluginData): void {
  const series = metrics.length + families.reduce((sum, { samples }) => sum + samples.length, 0);
  const limit = manifest.most_series;
  if (series > limit) throw new GantryError('MONITOR_PLUGIN_TOO_MANY_SERIES', { name, series, limit });
}

/** How long (ms) what is overdue may take to end, so that nothing of it is under way when it is asked again. */
const endTime = 50;

const overdue = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(reject, endTime), { once: true }));

function timedOut(name: string, { timeout }: Manifest, reader: PluginReader | undefined): Error {
  const stderr = reader?.stderr.slice(-1000) || 'nothing';
  return told(new GantryError('MONITOR_PLUGIN_TIMED_OUT', { name, seconds: timeout, stderr }), 'timed-out');
}

function withCode(name: string, error: unknown): Error {
  if (error instanceof GantryError) return told(error, (error as { failure?: string }).failure);
  return told(new GantryError('MONITOR_PLUGIN_NOT_STARTED', { name, problem: messageOf(error) }), undefined);
}

/** All that comes out of the thread is the message. */
const told = (error: Error, failure: string | undefined): Error => Object.assign(new Error(problemText(error)), { failure });
