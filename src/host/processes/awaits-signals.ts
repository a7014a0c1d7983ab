import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** Whether a process lives, has handlers of its own for all these signals, and none of them is on its way to it. */
export async function awaitsSignals(identity: ProcessIdentity, names: readonly NodeJS.Signals[]): Promise<boolean> {
  const text = await readFile(`/proc/${identity.pid}/status`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
    throw error;
  });
  const setOf = (field: string) => BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(text)?.[1] ?? '0'}`);
  const asked = names.reduce((set, name) => set | (1n << BigInt(constants.signals[name] - 1)), 0n);
  const pending = setOf('SigPnd') | setOf('ShdPnd');
  // Asked last: what was read is of this process if it still lives.
  return (setOf('SigCgt') & ~pending & asked) === asked && (await isAlive(identity));
}
