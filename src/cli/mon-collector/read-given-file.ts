import { closeSync, openSync, readSync } from 'node:fs';
import { GantryError } from '../../base/index.ts';

/** Characters looked at: more than any report is made of, and an end to files like /dev/zero. */
const longest = 4 * 1024 * 1024;

/** A file that an option names, as Latin-1 like the files of the kernel. @throws MONITOR_COLLECTOR_FILE_UNREADABLE */
export function readGivenFile(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const buffer = Buffer.allocUnsafe(longest);
    let length = 0;
    for (let got = -1; got !== 0 && length < longest; length += got) got = readSync(descriptor, buffer, length, longest - length, null);
    return buffer.toString('latin1', 0, length);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new GantryError('MONITOR_COLLECTOR_FILE_UNREADABLE', {
      file,
      problem: code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
