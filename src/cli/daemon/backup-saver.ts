import { type Clock, GantryError, writeFileAtomic } from '../../base/index.ts';
import { formatBackup, type StoreContent } from '../../store/index.ts';
import type { masterPaths } from './master-files.ts';

/** Writes backups into the state directory of a master; each has the reason and the time in its name. */
export function backupSaver(paths: ReturnType<typeof masterPaths>, clock: Clock) {
  return async (content: StoreContent, before: number | 'import'): Promise<string> => {
    const made = Math.floor(clock.now() / 1000);
    const path = paths.backupBefore(before, made);
    await writeFileAtomic(path, formatBackup({ content, made }), 0o600).catch((error: Error) => {
      throw new GantryError('STORE_BACKUP_UNWRITTEN', { path, problem: error.message }, { cause: error });
    });
    return path;
  };
}
