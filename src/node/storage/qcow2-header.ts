import { open } from 'node:fs/promises';

const magic = 0x514649fb;
const headerBytes = 80;
/** Of the features that a reader must know: the data lie in another file. */
const externalData = 0x4n;

export interface Qcow2Header {
  /** Virtual size in bytes. */
  readonly size: number;
  /** Whether it has a program that opens it read another file: a backing file, or one with the data. */
  readonly namesOthers: boolean;
}

/** The header of a qcow2 file, or null where the file is not qcow2. */
export async function readQcow2Header(path: string): Promise<Qcow2Header | null> {
  const handle = await open(path, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await handle.read(header, 0, headerBytes, 0);
    if (bytesRead < 32 || header.readUInt32BE(0) !== magic) return null;
    const backing = header.readBigUInt64BE(8) !== 0n;
    const data = header.readUInt32BE(4) >= 3 && (header.readBigUInt64BE(72) & externalData) !== 0n;
    return { size: Number(header.readBigUInt64BE(24)), namesOthers: backing || data };
  } finally {
    await handle.close();
  }
}
