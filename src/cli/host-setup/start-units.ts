import { existsSync } from 'node:fs';
import { GantryError, run } from '../../base/index.ts';

/** Starting a daemon takes seconds; systemd gives up after 300. */
const patienceMs = 330_000;

/** Whether systemd is the service manager of this host, as sd_booted(3) finds out. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/**
 * Starts units now and with each boot; returns when all are ready. Running ones go on.
 * @throws HOST_UNIT_FAILED
 */
export async function startUnits(units: readonly string[]): Promise<void> {
  await systemctl('gantry.target', ['enable', 'gantry.target', ...units]);
  for (const unit of units) {
    // After too many failures it would be refused; the cause may be gone.
    await run('systemctl', ['reset-failed', unit], { okCodes: [0, 1] });
    await systemctl(unit, ['start', unit]);
  }
  await systemctl('gantry.target', ['start', 'gantry.target']);
}

/** Stops units, and does not start them with the next boot. @throws HOST_UNIT_FAILED */
export async function stopUnits(units: readonly string[]): Promise<void> {
  for (const unit of units) await systemctl(unit, ['disable', '--now', unit]);
}

async function systemctl(unit: string, args: readonly string[]): Promise<void> {
  try {
    await run('systemctl', args, { timeoutMs: patienceMs });
  } catch (error) {
    const { facts, message } = GantryError.from(error);
    const problem = String(facts['stderr'] ?? message).split('\n')[0] ?? '';
    throw new GantryError('HOST_UNIT_FAILED', { unit, problem }, { cause: error });
  }
}
