import { GantryError } from '../../base/index.ts';
import type { JobPort } from '../../execution/index.ts';
import type { Settings } from '../command/settings.ts';
import { readRapiAccess } from '../sources/rapi/rapi-access.ts';
import { luxiQueue } from './luxi-queue.ts';
import { restQueue } from './rest-queue.ts';

/**
 * The queue that the options name: with `-L` that of Ganeti's master on this host; with `-m` that of a Gantry master, if
 * `--rapi-ca` makes sure that it is the one, for what is posted changes things.
 * @throws HTOOLS_EXEC_NEEDS_LUXI and the errors of `readRapiAccess`
 */
export async function queueForProgram(settings: Settings, program: string): Promise<JobPort> {
  const { luxiSocket, rapi, rapiCaFile } = settings;
  if (luxiSocket !== undefined) return luxiQueue(luxiSocket);
  if (rapi === undefined || rapiCaFile === undefined) throw new GantryError('HTOOLS_EXEC_NEEDS_LUXI', { program });
  return restQueue(rapi, await readRapiAccess(settings));
}
