import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ProcessStat } from '../../base/index.ts';
import { bootIdFile } from './boot-id.ts';
import { parseLivingProcess } from './parse-living-process.ts';

/** A process that cannot be mistaken for another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the boot of the host and the start of the process. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** Changes with every boot of the host. */
export const readBootId = (): string => readFileSync(bootIdFile, 'utf8').trim();

/** The facts of a process now, or undefined when there is none that lives. */
async function readProcessStat(pid: number): Promise<ProcessStat | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  return parseLivingProcess(text);
}

/** Who `pid` is now, or undefined when there is no such process. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readProcessStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: readBootId() };
}

/** Facts of exactly this process, or undefined when it has ended, even if its number is in use again. */
export async function readSameProcess(identity: ProcessIdentity): Promise<ProcessStat | undefined> {
  if (identity.bootId !== readBootId()) return undefined;
  const stat = await readProcessStat(identity.pid);
  return stat?.startTicks === identity.startTicks ? stat : undefined;
}

export const isAlive = async (identity: ProcessIdentity): Promise<boolean> => (await readSameProcess(identity)) !== undefined;
