import type { Log } from '../../src/base/index.ts';

export interface LogLine {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines, for tests of what is told. */
export function heardLog(): { log: Log; lines: LogLine[]; troubles: LogLine[] } {
  const lines: LogLine[] = [];
  /** Those that are told at the level of a warning and above. */
  const troubles: LogLine[] = [];
  const bound = (own: LogLine['facts']): object => {
    const at = (level: LogLine['level']) => (facts: LogLine['facts'] | string, text: string) => {
      const line = typeof facts === 'string' ? { level, text: facts, facts: own } : { level, text, facts: { ...own, ...facts } };
      lines.push(line);
      if (level === 'warn' || level === 'error' || level === 'fatal') troubles.push(line);
    };
    return {
      level: 'trace',
      fatal: at('fatal'),
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      trace: at('trace'),
      child: (more: LogLine['facts']) => bound({ ...own, ...more }),
    };
  };
  return { log: bound({}) as Log, lines, troubles };
}
