import { open } from 'node:fs/promises';

const magic = 0x514649fb;

/** Virtual size in bytes from the header of a qcow2 file, or null where the file is not qcow2. */
export async function readQcow2Size(path: string): Promise<number | null> {
  const handle = await open(path, 'r');
  try {
    const header = Buffer.alloc(32);
    const { bytesRead } = await handle.read(header, 0, 32, 0);
    if (bytesRead < 32 || header.readUInt32BE(0) !== magic) return null;
    return Number(header.readBigUInt64BE(24));
  } finally {
    await handle.close();
  }
}
