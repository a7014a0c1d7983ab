import { connect } from 'node:net';
import { GantryError } from '../../base/index.ts';
import { createLineFeed, type LineFeed } from './line-feed.ts';
import { parseReport } from './parse-report.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { startPluginProcess } from './plugin-process.ts';
import { ended, flood, type PluginReader, type ReaderParts } from './plugin-reader.ts';

/** Where lines come from. */
interface Source {
  stop(): void;
  stderr(): string;
}

interface SourceEvents {
  readonly onOutput: (chunk: Buffer) => void;
  readonly onEnd: (problem: Error) => void;
}

interface Stream {
  readonly source: Source;
  readonly feed: LineFeed;
  problem: Error | undefined;
}

/** A line older than this number of intervals is out of date, unless the manifest sets another age. */
const freshFor = 3;

/** A program or socket that is kept, and gives a report a line. The newest line counts. */
export function createStreamReader(parts: ReaderParts, open: (parts: ReaderParts, events: SourceEvents) => Source): PluginReader {
  const { definition, now } = parts;
  const { largest_report: largest, interval, max_age: maxAge = interval * freshFor } = definition.manifest;
  let stream: Stream | undefined;
  let news = Promise.withResolvers<void>();
  let stderr = '';

  const wakeUp = () => {
    news.resolve();
    news = Promise.withResolvers();
  };

  const begin = (): Stream => {
    const feed = createLineFeed(largest, now, wakeUp);
    const fail = (problem: Error) => {
      started.problem ??= problem;
      wakeUp();
    };
    const source = open(parts, {
      onOutput: (chunk) => {
        if (started.problem || feed.push(chunk)) return;
        fail(flood(definition, feed.bytes));
        source.stop();
      },
      onEnd: fail,
    });
    const started: Stream = { source, feed, problem: undefined };
    return started;
  };

  const stop = () => {
    stderr = stream?.source.stderr() ?? stderr;
    stream?.source.stop();
    stream = undefined;
  };

  const read = async (signal: AbortSignal) => {
    stream ??= begin();
    const current = stream;
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => aborted.resolve(), { once: true });
    while (!current.feed.newest && !current.problem && !signal.aborted) await Promise.race([news.promise, aborted.promise]);
    const { newest } = current.feed;
    if (current.problem || !newest) {
      stop();
      throw current.problem ?? new Error('no line was received');
    }
    if (now() - newest.at > maxAge * 1000) {
      stop();
      throw new GantryError('MONITOR_PLUGIN_SILENT', { name: definition.name, seconds: Math.round((now() - newest.at) / 1000) });
    }
    return parseReport(definition, newest.line);
  };

  return {
    read,
    close: stop,
    get stderr() {
      return stream?.source.stderr() ?? stderr;
    },
  };
}

/** Lines that a long-running program prints. */
export function openProgram(parts: ReaderParts, { onOutput, onEnd }: SourceEvents): Source {
  const child = startPluginProcess({ ...parts, onOutput });
  void child.ended.then((outcome) => onEnd(ended(parts.definition, outcome ?? 'exit code 0', child.stderr())));
  return { stop: child.kill, stderr: child.stderr };
}

/** Lines that come from a socket that stays connected. */
export function openSocket({ definition }: ReaderParts, { onOutput, onEnd }: SourceEvents): Source {
  const socket = connect(definition.path).on('data', onOutput);
  socket.on('error', (error) => onEnd(unreadable(definition, error.message)));
  socket.on('close', () => onEnd(unreadable(definition, 'the other side closed the connection')));
  return { stop: () => socket.destroy(), stderr: () => '' };
}

export const unreadable = ({ name, path }: PluginDefinition, problem: string): Error =>
  new GantryError('MONITOR_PLUGIN_UNREADABLE', { name, path, problem });
