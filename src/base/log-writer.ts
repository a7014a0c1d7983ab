import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { descriptorFlags } from './inherited-descriptors.ts';

/** Writes whole lines, never throws, and keeps a file below its bound. */
export interface LogWriter {
  /** One line with its end. */
  write(line: string): void;
  /** Why lines were lost since they could last be written; null while all is well. */
  problem(): string | null;
}

export interface LogWriterOptions {
  /** A regular file is cut to its newer half when it is larger; default 16 MiB. */
  readonly mostBytes?: number;
  readonly now?: () => number;
}

const defaultBytes = 16 * 1024 * 1024;
/** Lines between two looks at the size: others may write into the same file. */
const linesPerLook = 256;

/** @param descriptor what the process got as its standard error: a file, a pipe, a terminal */
export function createLogWriter(descriptor: number, options: LogWriterOptions = {}): LogWriter {
  const { mostBytes = defaultBytes, now = Date.now } = options;
  let lost = 0;
  let reason = '';
  let since = 0;
  /** The last write ended within a line. */
  let torn = false;
  let untilLook = 0;

  const put = (text: string): boolean => {
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    for (let at = 0; at < bytes.length; ) {
      try {
        const written = writeSync(descriptor, bytes, at);
        at += written;
        torn = bytes[at - 1] !== 10;
      } catch (error) {
        if (lost === 0) since = now();
        reason = (error as NodeJS.ErrnoException).code ?? String(error);
        return false;
      }
    }
    return true;
  };

  return {
    write(line) {
      if (untilLook-- <= 0) {
        untilLook = linesPerLook;
        keepBelow(descriptor, mostBytes);
      }
      if (lost > 0) {
        const told = { level: 40, time: now(), pid: process.pid, lost, reason, since, msg: 'lines of the log were lost' };
        if (!put(`${JSON.stringify(told)}\n`)) {
          lost++;
          // Full is also what somebody else may have filled; what we can give back ourselves, we do.
          untilLook = 0;
          return;
        }
        lost = 0;
      }
      if (!put(line)) lost++;
    },
    problem: () => (lost === 0 ? null : `${reason}; ${lost} lines are lost since ${new Date(since).toISOString()}`),
  };
}

/** Leaves the newer half of a file that is too large. Whoever follows it sees it become shorter. */
function keepBelow(descriptor: number, mostBytes: number): void {
  try {
    const stats = fstatSync(descriptor);
    // In a file that is not only appended to, what comes next would stand behind a hole.
    if (!stats.isFile() || stats.size <= mostBytes || !appends(descriptor)) return;
    const tail = tailOf(descriptor, stats.size, Math.floor(mostBytes / 2));
    ftruncateSync(descriptor, 0);
    for (let at = 0; at < tail.length; ) at += writeSync(descriptor, tail, at);
  } catch {
    // It is tried again; a log that cannot be written is told by `problem`.
    return;
  }
}

const appends = (descriptor: number): boolean => ((descriptorFlags(descriptor) ?? 0) & constants.O_APPEND) !== 0;

/** The last whole lines; nothing where the file may only be written. */
function tailOf(descriptor: number, size: number, bytes: number): Buffer {
  let readable = descriptor;
  try {
    readSync(descriptor, Buffer.alloc(1), 0, 1, 0);
  } catch {
    try {
      readable = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY);
    } catch {
      return Buffer.alloc(0);
    }
  }
  try {
    const tail = Buffer.alloc(bytes);
    const got = readSync(readable, tail, 0, bytes, size - bytes);
    return tail.subarray(tail.indexOf(10) + 1, got);
  } finally {
    if (readable !== descriptor) closeSync(readable);
  }
}
