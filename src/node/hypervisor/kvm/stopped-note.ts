import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../base/index.ts';
import { nodeFileNames, type StoppedNote } from '../../../model/index.ts';
import type { InstanceRef } from '../start-request.ts';
import type { KvmParts } from './kvm-parts.ts';

const noteFile = (runDir: string, uuid: string): string => join(runDir, nodeFileNames.stopped, `${uuid}.json`);

/** Leaves word for the monitoring agent that an instance is off because somebody asked for it. Gone after a reboot. */
export async function noteStopped({ runDir, clock }: KvmParts, { uuid, name }: InstanceRef): Promise<void> {
  await mkdir(join(runDir, nodeFileNames.stopped), { recursive: true, mode: 0o755 });
  const note: StoppedNote = { version: 1, uuid, name, hypervisor: 'kvm', at: clock.now() / 1000 };
  await writeFileAtomic(noteFile(runDir, uuid), `${JSON.stringify(note)}\n`);
}

/** Takes that back: it starts, or arrives, or is gone for good. */
export async function forgetStopped({ runDir }: KvmParts, uuid: string): Promise<void> {
  await rm(noteFile(runDir, uuid), { force: true });
}
