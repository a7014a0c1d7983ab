import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads small files of the kernel again and again: descriptors are kept open, and one buffer serves all. */
export interface ProcFiles {
  /** The whole file as Latin-1 text. Throws the system's error, `ENOENT` of a file that is not there. */
  read(path: string): string;
  /** The same, or `undefined` where the file is not there, or went away while being read. */
  readIfThere(path: string): string | undefined;
  /** As {@link readIfThere}, for a file that is looked at once: its descriptor is not kept. */
  readOnce(path: string): string | undefined;
  /**
   * As {@link readOnce}, for a file in a place that somebody else chose: only a regular file of user `owner`, not a link, of at
   * most `largest` bytes. Anything else counts as missing and never blocks.
   */
  readOwned(path: string, owner: number, largest: number): string | undefined;
  /** Who owns what lies there, and what others may do with it; `undefined` where there is nothing. */
  look(path: string): { readonly uid: number; readonly mode: number } | undefined;
  /**
   * What has been added to the kernel's log since it was last read, from its beginning at first; nothing where there is none,
   * or it is not for this user.
   */
  readOn(path: string): string;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): readonly string[];
  /** Closes what is kept open below a path: an instance has gone. */
  forget(path: string): void;
  close(): void;
}

/** Errors of a file whose process, device or cgroup has gone, or which the kernel shows and does not fill: pressure where that is off. */
const gone = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENXIO', 'ENOTDIR', 'ENOTSUP', 'EOPNOTSUPP']);

/** Files that the kernel gives as one record: a read that leaves room in the buffer had all of it. */
const oneRecord = /^\/(?:proc\/\d+\/(?:stat|status|io|cgroup)$|sys\/)/;

const isGone = (error: unknown): boolean => gone.has((error as NodeJS.ErrnoException).code ?? '');

/** Larger files than this are cut: nothing of the kernel's that is read here is so large. */
const largestFile = 4 * 1024 * 1024;

/** At most this many records of the kernel's log are read at a time. */
const mostRecords = 10_000;

/**
 * @param root - what stands before every path: '' on a real host, a folder with files of another kernel in tests
 * @param mostKept - descriptors kept open; the one that was not read for longest is closed first
 */
export function createProcFiles(root = '', mostKept = 4096): ProcFiles {
  const kept = new Map<string, number>();
  const followed = new Map<string, number>();
  let buffer = Buffer.allocUnsafe(16 * 1024);

  const drop = (path: string) => {
    const descriptor = kept.get(path);
    if (descriptor === undefined) return;
    kept.delete(path);
    closeSync(descriptor);
  };

  const open = (path: string): number => {
    const descriptor = openSync(join(root, path), 'r');
    const unused = kept.size >= mostKept ? kept.keys().next().value : undefined;
    if (unused !== undefined) drop(unused);
    kept.set(path, descriptor);
    return descriptor;
  };

  const readAll = (descriptor: number, path: string): string => {
    const whole = oneRecord.test(path);
    let length = 0;
    for (;;) {
      const got = readSync(descriptor, buffer, length, buffer.length - length, length);
      length += got;
      if (got === 0 || length >= largestFile || (whole && length < buffer.length)) return buffer.toString('latin1', 0, length);
      if (length === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
    }
  };

  const read = (path: string): string => {
    const descriptor = kept.get(path);
    if (descriptor !== undefined) {
      // To the end of the line in which they are closed.
      kept.delete(path);
      kept.set(path, descriptor);
      try {
        return readAll(descriptor, path);
      } catch (error) {
        drop(path);
        if (!isGone(error)) throw error;
        // Its process has gone; another may have the same path by now.
      }
    }
    try {
      return readAll(open(path), path);
    } catch (error) {
      drop(path);
      throw error;
    }
  };

  const readOnce = (path: string, flags: number, isWanted: (descriptor: number) => boolean): string | undefined => {
    let descriptor: number | undefined;
    try {
      // Not to wait for the writer of a pipe.
      descriptor = openSync(join(root, path), constants.O_RDONLY | constants.O_NONBLOCK | flags);
      return isWanted(descriptor) ? readAll(descriptor, path) : undefined;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };

  /** Each read gives a record; of what was not read in time the kernel says EPIPE, and EAGAIN at the end. */
  const readOn = (path: string): string => {
    const records: string[] = [];
    while (records.length < mostRecords) {
      try {
        const descriptor = followed.get(path) ?? openSync(join(root, path), constants.O_RDONLY | constants.O_NONBLOCK);
        followed.set(path, descriptor);
        const length = readSync(descriptor, buffer, 0, buffer.length, null);
        if (length === 0) break;
        records.push(buffer.toString('latin1', 0, length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') break;
      }
    }
    return records.join('');
  };

  return {
    read,
    readOn,
    readIfThere: (path) => {
      try {
        return read(path);
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    },
    readOnce: (path) => readOnce(path, 0, () => true),
    // A link where a file should be is an error (ELOOP).
    readOwned: (path, owner, largest) =>
      readOnce(path, constants.O_NOFOLLOW, (descriptor) => {
        const stats = fstatSync(descriptor);
        return stats.isFile() && stats.uid === owner && stats.size <= largest;
      }),
    look: (path) => statSync(join(root, path), { throwIfNoEntry: false }),
    list: (path) => {
      try {
        return readdirSync(join(root, path));
      } catch (error) {
        if (isGone(error)) return [];
        throw error;
      }
    },
    forget: (path) => {
      for (const name of [...kept.keys()]) if (name === path || name.startsWith(`${path}/`)) drop(name);
    },
    close: () => {
      for (const descriptor of followed.values()) closeSync(descriptor);
      followed.clear();
      for (const name of [...kept.keys()]) drop(name);
    },
  };
}
