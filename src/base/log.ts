import { createRequire } from 'node:module';
import type pino from 'pino';

export type Log = pino.Logger;

/** Loaded for the first log only: the htools and the monitoring agent never write one, and it is a tenth of such a process. */
const loadPino = (): typeof pino => createRequire(import.meta.url)('pino') as typeof pino;

/** A structured log, one JSON object a line on standard error; `GANTRY_LOG` sets the level (default `info`). */
export function createLog(name: string, level = process.env['GANTRY_LOG'] ?? 'info'): Log {
  const makeLog = loadPino();
  return makeLog(
    {
      name,
      level,
      redact: ['password', 'secret', 'token', '*.password', '*.secret', '*.token', 'headers.authorization'],
    },
    makeLog.destination({ dest: 2, sync: true }),
  );
}

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
