import { existsSync, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A file or folder that was made durable, by its name in that moment, and whether `watched` was there then. */
export type RecordedSync = readonly [path: string, watched: 'there' | 'absent'];

/** Runs `work` and tells what it made durable, in order: a name that is not durable is gone after a power failure. */
export async function recordSyncs(watched: string, work: () => Promise<unknown>): Promise<RecordedSync[]> {
  const some = await open('/dev/null');
  const handles = Object.getPrototypeOf(some) as FileHandle;
  await some.close();
  const recorded: RecordedSync[] = [];
  const real = handles.sync;
  handles.sync = function sync(this: FileHandle) {
    recorded.push([readlinkSync(`/proc/self/fd/${this.fd}`), existsSync(watched) ? 'there' : 'absent']);
    return real.call(this);
  };
  try {
    await work();
  } finally {
    handles.sync = real;
  }
  return recorded;
}
