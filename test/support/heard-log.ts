import type { Log } from '../../src/base/index.ts';

export interface LogLine {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines, for tests of what is told. */
export function heardLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (facts: LogLine['facts'], text: string) => void lines.push({ level, text, facts });
  const log = {
    level: 'trace',
    fatal: at('fatal'),
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    child: () => log,
  };
  return { log: log as unknown as Log, lines };
}
