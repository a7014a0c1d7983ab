/** One entry of an initial RAM file system, owned by root. Paths are relative, without a leading slash. */
export type CpioEntry =
  | { readonly path: string; readonly type: 'directory'; readonly mode?: number }
  | { readonly path: string; readonly type: 'file'; readonly mode?: number; readonly content: Buffer | string }
  | { readonly path: string; readonly type: 'link'; readonly target: string }
  | { readonly path: string; readonly type: 'character-device'; readonly major: number; readonly minor: number };

const typeBits = { directory: 0o040000, file: 0o100000, link: 0o120000, 'character-device': 0o020000 } as const;

/**
 * Packs entries as a cpio archive in the `newc` format that the kernel reads. Parents must come before their content.
 * Written here and not by cpio(1), so that the archive needs no root (device nodes) and is the same for the same input.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => pack(index + 1, entry));
  parts.push(...packRaw({ inode: 0, mode: 0, device: [0, 0], path: 'TRAILER!!!', content: Buffer.alloc(0) }));
  return Buffer.concat(parts);
}

function pack(inode: number, entry: CpioEntry): Buffer[] {
  const permission = entry.type === 'file' ? 0o644 : entry.type === 'directory' ? 0o755 : entry.type === 'link' ? 0o777 : 0o600;
  const mode = typeBits[entry.type] | ('mode' in entry && entry.mode !== undefined ? entry.mode : permission);
  const content = entry.type === 'file' ? Buffer.from(entry.content) : Buffer.from(entry.type === 'link' ? entry.target : '');
  const device: [number, number] = entry.type === 'character-device' ? [entry.major, entry.minor] : [0, 0];
  return packRaw({ inode, mode, device, path: entry.path, content });
}

interface RawEntry {
  readonly inode: number;
  readonly mode: number;
  readonly device: readonly [number, number];
  readonly path: string;
  readonly content: Buffer;
}

function packRaw({ inode, mode, device, path, content }: RawEntry): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === 0o040000 ? 2 : 1;
  // inode, mode, uid, gid, links, mtime, size, device (major, minor), rdevice (major, minor), name size, checksum
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, device[0], device[1], name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
