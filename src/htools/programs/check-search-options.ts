import { GantryError } from '../../base/index.ts';
import type { Settings } from '../command/settings.ts';

/** Options that limit the search mean nothing without it; it has no moves of one kind only. @throws HTOOLS_OPTIMISE_MISSING, HTOOLS_OPTIMISE_LIMITED */
export function checkSearchOptions(settings: Settings): void {
  const { optimise, diskMoves, instanceMoves, restrictedMigration, evacuate, seconds, steps, threads, maxMoves, maxData } = settings;
  const given = { '--seconds': seconds, '--steps': steps, '--threads': threads, '--max-moves': maxMoves, '--max-data': maxData };
  const limits = Object.entries(given).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (!optimise && limits.length > 0) throw new GantryError('HTOOLS_OPTIMISE_MISSING', { options: limits.join(', ') });
  if (optimise && (!diskMoves || !instanceMoves || restrictedMigration || evacuate)) {
    const options = '--no-disk-moves, --no-instance-moves, --restricted-migration, --evac-mode';
    throw new GantryError('HTOOLS_OPTIMISE_LIMITED', { options });
  }
}
