import { readFile } from 'node:fs/promises';
import { run } from '../../base/index.ts';

/** How the service manager sees a unit. */
export interface UnitState {
  /** Without `.service`. */
  readonly unit: string;
  /** It failed so often, or in such a way, that it is not started again. */
  readonly failed: boolean;
  /** Of its last end, in systemd's words: `exit-code`, `signal`, `watchdog`, `start-limit-hit`, … */
  readonly result: string;
  /** How often it was started again after a failure, since it was started by somebody. */
  readonly restarts: number;
  /** When it was started last, seconds since 1970; undefined when it was not. */
  readonly started: number | undefined;
}

const patienceMs = 10_000;

/**
 * Asks systemd for units; none when the calling process does not run in `ownUnit`, because then the units of this host are
 * those of somebody else. @throws COMMAND_FAILED, COMMAND_MISSING, TIMED_OUT
 */
export async function readUnitStates(ownUnit: string, units: readonly string[]): Promise<UnitState[]> {
  const groups = await readFile('/proc/self/cgroup', 'utf8');
  if (!groups.includes(`/${ownUnit}.service`)) return [];
  const properties = '--property=Id,LoadState,ActiveState,Result,NRestarts,ExecMainStartTimestamp';
  const names = units.map((unit) => `${unit}.service`);
  const { stdout } = await run('systemctl', ['show', properties, '--timestamp=unix', ...names], { timeoutMs: patienceMs });
  return parseUnitStates(stdout);
}

/** Reads what `systemctl show --timestamp=unix` prints: a block of `name=value` lines for each unit. */
export function parseUnitStates(text: string): UnitState[] {
  return text.split(/\n\s*\n/).flatMap((block) => {
    const values = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    const id = values.get('Id');
    if (!id || values.get('LoadState') !== 'loaded') return [];
    const [, started] = /^@(\d+)/.exec(values.get('ExecMainStartTimestamp') ?? '') ?? [];
    return {
      unit: id.replace(/\.service$/, ''),
      failed: values.get('ActiveState') === 'failed',
      result: values.get('Result') ?? '',
      restarts: Number(values.get('NRestarts')) || 0,
      started: started === undefined ? undefined : Number(started),
    };
  });
}
