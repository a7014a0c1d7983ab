import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError } from '../../base/index.ts';

const othersMayWrite = 0o022;
const sticky = 0o1000;

/** Users to whom plugins may belong: root, and that of the agent. */
const trustedOwners = (): readonly number[] => [0, process.getuid?.() ?? 0];

/**
 * Where a file really lies, if nobody but root and the agent's user can change it or the folders above it.
 * @param owner - another user to whom the file itself may belong
 * @throws MONITOR_PLUGIN_UNSAFE, or the system's error
 */
export async function requireTrusted(
  path: string,
  { owner, anyMode = false }: { owner?: number; anyMode?: boolean } = {},
): Promise<string> {
  const real = await realpath(path);
  const unsafe = (problem: string) => new GantryError('MONITOR_PLUGIN_UNSAFE', { path, problem });
  const { uid, mode } = await stat(real);
  if (!trustedOwners().includes(uid) && uid !== owner) throw unsafe(`it belongs to user ${uid}`);
  if (!anyMode && (mode & othersMayWrite) !== 0) throw unsafe('others than its owner may write to it');
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const above = await stat(folder);
    if (!trustedOwners().includes(above.uid) && above.uid !== owner) throw unsafe(`the folder ${folder} belongs to user ${above.uid}`);
    if ((above.mode & othersMayWrite) !== 0 && (above.mode & sticky) === 0) throw unsafe(`others may write to the folder ${folder}`);
    if (folder === '/') return real;
  }
}

export interface FileText {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Reads a file of a plugin; never waits for a pipe or device. @throws the system's error, RangeError where it is longer than `largest` bytes */
export async function readPluginFile(path: string, largest: number): Promise<FileText> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = await handle.stat();
    if (!before.isFile()) throw new TypeError('it is not a regular file');
    const text = await readUpTo(handle, largest);
    const after = await handle.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw new TypeError('it changed while it was read');
    return { text, modified: before.mtimeMs };
  } finally {
    await handle.close();
  }
}

async function readUpTo(handle: FileHandle, largest: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(largest + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length <= largest; length += got)
    got = (await handle.read(buffer, length, largest + 1 - length, length)).bytesRead;
  if (length > largest) throw new RangeError(`it is longer than ${largest} bytes`);
  return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
}
