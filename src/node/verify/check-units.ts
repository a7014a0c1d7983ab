import { GantryError } from '../../base/index.ts';
import { readUnitStates, type UnitState } from '../../host/index.ts';
import { finding, type VerifyProblem } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

const ownUnit = 'gantry-agent';
const units = ['gantry-master', ownUnit, 'gantry-monitor'];
/** After this time a restart is old news; seconds. */
const toldFor = 86_400;

/** Daemons of this host that systemd does not start again, and those that it had to. */
export const checkUnits: NodeCheck = async ({ log }) => {
  try {
    return unitFindings(await readUnitStates(ownUnit, units), Date.now() / 1000);
  } catch (error) {
    // The daemons do not depend on it.
    log.warn({ err: GantryError.from(error) }, 'systemd did not say how the units of this host are');
    return [];
  }
};

/** @param now seconds since 1970 */
export function unitFindings(states: readonly UnitState[], now: number): VerifyProblem[] {
  return states.flatMap(({ unit, failed, result, restarts, started }) => {
    if (failed) return finding('VERIFY_UNIT_FAILED', unit, { unit, result });
    if (restarts === 0 || started === undefined || now - started > toldFor) return [];
    return finding('VERIFY_DAEMON_RESTARTED', unit, { count: restarts, last: new Date(started * 1000).toISOString() });
  });
}
