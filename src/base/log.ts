import { createRequire } from 'node:module';
import type pino from 'pino';
import { createLogSampler, type LogSamplerOptions } from './log-sampler.ts';
import { createLogWriter, type LogWriter } from './log-writer.ts';
import { oneLine } from './one-line.ts';

export type Log = pino.Logger;

/** Loaded for the first log only: the htools and the monitoring agent never write one, and it is a tenth of such a process. */
const loadPino = (): typeof pino => createRequire(import.meta.url)('pino') as typeof pino;

const fatalLevel = 60;
const tellEveryMs = 10_000;
/** The standard error of this process. */
let standardError: LogWriter | undefined;
const ownWriter = (): LogWriter => (standardError ??= createLogWriter(2));

/** Why the log of this process cannot be written; null while all is well. */
export const logProblem = (): string | null => standardError?.problem() ?? null;

export interface LogOptions {
  readonly level?: string;
  /** Where the lines go; default: standard error. */
  readonly writer?: LogWriter;
  readonly sampling?: LogSamplerOptions;
}

/**
 * A structured log, one JSON object a line on standard error; `GANTRY_LOG` sets the level (default `info`). Of lines that
 * come too often, what is left out is counted; audit lines and fatal errors are always written. It never ends the process.
 */
export function createLog(name: string, options: LogOptions = {}): Log {
  const { level = process.env['GANTRY_LOG'] ?? 'info', writer = ownWriter(), sampling = {} } = options;
  const makeLog = loadPino();
  const sampler = createLogSampler(sampling);
  let telling: NodeJS.Timeout | undefined;
  const log = makeLog(
    {
      name,
      level,
      redact: ['password', 'secret', 'token', '*.password', '*.secret', '*.token', 'headers.authorization'],
      hooks: {
        logMethod(args, write, lineLevel) {
          const [facts, text] = args as unknown as [unknown, string | undefined];
          const fields = (typeof facts === 'object' && facts !== null ? facts : {}) as Record<string, unknown>;
          if (fields['audit'] === true || lineLevel >= fatalLevel) return write.apply(this, args);
          const { write: may, leftOut } = sampler.take(kindOf(fields, text ?? String(facts)));
          if (!may) {
            telling ??= setTimeout(tell, tellEveryMs).unref();
            return;
          }
          if (leftOut === 0) return write.apply(this, args);
          return write.apply(this, [{ ...fields, left_out: leftOut }, text ?? String(facts)] as unknown as typeof args);
        },
      },
    },
    // JSON leaves some signs as they are that end a line for others.
    { write: (line: string) => writer.write(`${oneLine(line.slice(0, -1))}\n`) },
  );
  function tell(): void {
    telling = undefined;
    for (const [kind, count] of sampler.untold()) {
      const time = Date.now();
      writer.write(
        `${JSON.stringify({ level: 40, time, pid: process.pid, name, kind, left_out: count, msg: 'lines of this kind were left out' })}\n`,
      );
    }
  }
  return log;
}

/** What is told of different users does not crowd each other out. */
const kindOf = (fields: Record<string, unknown>, text: string): string =>
  typeof fields['user'] === 'string' ? `${text} (${fields['user']})` : text;

const quiet = () => undefined;

/** For tests, benchmarks and the simulation. */
export const silentLog = {
  level: 'silent',
  fatal: quiet,
  error: quiet,
  warn: quiet,
  info: quiet,
  debug: quiet,
  trace: quiet,
  silent: quiet,
  child: () => silentLog,
} as unknown as Log;
