import { closeSync, futimesSync, openSync, rmSync, statSync } from 'node:fs';

/**
 * The time stamp of a file beside an SQLite store says when a lease ends. So a leader can renew its lease while the disk is full
 * (a time stamp needs no space), and the thread that renews a lease needs no access to the database.
 */
export const leaseFile = (store: string, id: string): string => `${store}-lease-${id}`;

/** Milliseconds since the host started, the same in all its processes; leases do not care about the time of day. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export function createLeaseFile(file: string, ttlMs: number): void {
  withFile(file, 'wx', (fd) => stamp(fd, monotonicMs() + ttlMs));
}

export function removeLeaseFile(file: string): void {
  rmSync(file, { force: true });
}

/** On the clock of `monotonicMs`; undefined when there is no file. */
export function leaseFileExpiry(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * Prolongs a lease from now on.
 * @returns false when it has run out. A process that removes expired leases reads the file only after the end of the lease. So it
 * certainly sees a time stamp that was written before; one that was written later proves nothing.
 */
export function prolongLeaseFile(file: string, ttlMs: number): boolean {
  const expiry = leaseFileExpiry(file);
  const now = monotonicMs();
  if (expiry === undefined || now >= expiry) return false;
  withFile(file, 'r+', (fd) => stamp(fd, now + ttlMs));
  return monotonicMs() < expiry;
}

const stamp = (fd: number, ms: number): void => futimesSync(fd, ms / 1000, ms / 1000);

function withFile(file: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(file, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
