import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogProblemFile, nodeFileNames } from '../../model/index.ts';

/**
 * Leaves word in the run-time folder, which is in memory, while the log cannot be written, and takes it away afterwards.
 * @returns call it now and then with what is wrong with the log, or null
 */
export function createLogProblemTeller(runDir: string): (problem: string | null) => void {
  const file = join(runDir, nodeFileNames.monitorLog);
  let told: string | null | undefined;
  return (problem) => {
    // The number of lost lines alone is no news.
    const news = problem?.split(';', 1)[0] ?? null;
    if (news === told) return;
    try {
      if (problem === null) rmSync(file, { force: true });
      else {
        mkdirSync(runDir, { recursive: true, mode: 0o711 });
        writeFileSync(`${file}.new`, `${JSON.stringify({ problem } satisfies LogProblemFile)}\n`, { mode: 0o644 });
        renameSync(`${file}.new`, file);
      }
      told = news;
    } catch {
      // No room there either, or not for this user: it is tried again.
      return;
    }
  };
}
