import { readFileSync, readlinkSync } from 'node:fs';
import { type ProcessStat, parseProcessStat } from '../base/index.ts';

/** Which process on which boot of this host took a lease, as the store's file has it: enough to know for certain that it is gone. */
export interface LeaseOwner {
  readonly bootId: string;
  /** PID name space; process numbers of another name space have no meaning here. */
  readonly pidSpace: string;
  readonly pid: number;
  /** Clock ticks after boot; tells a process from a later one with the same number. */
  readonly startTicks: string;
}

export function ownIdentity(): LeaseOwner {
  return { bootId: bootId(), pidSpace: pidSpace(), pid: process.pid, startTicks: startOf(readStat(process.pid)) };
}

/** True when the process certainly runs no more; false when it runs or nobody can tell from here. */
export function hasEnded(owner: LeaseOwner, own: LeaseOwner): boolean {
  if (owner.bootId !== own.bootId) return true;
  if (owner.pidSpace !== own.pidSpace) return false;
  const stat = readStat(owner.pid);
  if (stat === undefined) return !signalsReach(owner.pid);
  return startOf(stat) !== owner.startTicks || stat.state === 'Z' || stat.state === 'X';
}

/** With /proc mounted `hidepid`, processes of other users are not seen there but exist. */
function signalsReach(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Read in one go: the transaction that asks cannot wait. */
function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

const startOf = (stat: ProcessStat | undefined): string => (stat ? String(stat.startTicks) : '');

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidSpace(): string {
  return readlinkSync('/proc/self/ns/pid');
}
