import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessIdentity, readSameProcess } from '../../host/index.ts';
import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

/** A supervisor of this node's daemons leaves its identity in the run-time folder, and takes it away when it ends in order. */
export const checkSupervisor: NodeCheck = async ({ runDir }) => {
  if (runDir === undefined) return [];
  const text = await readFile(join(runDir, 'supervisor.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const known = JSON.parse(text) as ProcessIdentity & { cluster: string };
  return (await readSameProcess(known)) ? [] : [finding('VERIFY_SUPERVISOR_DEAD', 'supervisor', { cluster: known.cluster })];
};
