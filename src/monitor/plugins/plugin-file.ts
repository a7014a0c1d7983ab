import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GantryError } from '../../base/index.ts';
import { requireTrusted, UntrustedFileError } from '../../host/index.ts';

/**
 * Where a file of a plugin really lies, if nobody but root and the agent's user can change it or what leads to it.
 * @param owner - another user to whom the file itself, and its folders, may belong
 * @throws MONITOR_PLUGIN_UNSAFE, or the system's error
 */
export async function requirePluginFile(
  path: string,
  { owner, anyMode = false }: { owner?: number; anyMode?: boolean } = {},
): Promise<string> {
  try {
    return await requireTrusted(path, { owners: [0, process.getuid?.() ?? 0, ...(owner === undefined ? [] : [owner])], anyMode });
  } catch (error) {
    if (error instanceof UntrustedFileError) throw new GantryError('MONITOR_PLUGIN_UNSAFE', { path, problem: error.message });
    throw error;
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
