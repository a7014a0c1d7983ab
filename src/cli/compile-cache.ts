import { mkdirSync, statSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * Keeps compiled code between runs, which halves the time to start. Only in a folder of this very user: who can write there
 * decides what this program does.
 */
export function useCompileCache(env: NodeJS.ProcessEnv = process.env): void {
  const base = env['XDG_CACHE_HOME'] || (env['HOME'] && join(env['HOME'], '.cache'));
  if (!base) return;
  const folder = join(base, 'gantry', 'compile-cache');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (uid === process.geteuid?.() && (mode & 0o022) === 0) enableCompileCache(folder);
  } catch {
    // Without a folder that can be written it only starts more slowly.
    return;
  }
}
