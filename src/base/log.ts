import pino from 'pino';

export type Log = pino.Logger;

/** A structured log, one JSON object a line on standard error; `GANTRY_LOG` sets the level (default `info`). */
export function createLog(name: string, level = process.env['GANTRY_LOG'] ?? 'info'): Log {
  return pino(
    {
      name,
      level,
      redact: ['password', 'secret', 'token', '*.password', '*.secret', '*.token', 'headers.authorization'],
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** For tests and benchmarks. */
export const silentLog: Log = pino({ level: 'silent' });
