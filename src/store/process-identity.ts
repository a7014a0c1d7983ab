import { readFileSync, readlinkSync } from 'node:fs';

/** Which process on which boot of this host: enough to know for certain that it is gone. */
export interface ProcessIdentity {
  readonly bootId: string;
  /** PID name space; process numbers of another name space have no meaning here. */
  readonly pidSpace: string;
  readonly pid: number;
  /** Clock ticks after boot; tells a process from a later one with the same number. */
  readonly startTicks: string;
}

export function ownIdentity(): ProcessIdentity {
  const state = processState(process.pid);
  return { bootId: bootId(), pidSpace: pidSpace(), pid: process.pid, startTicks: state?.startTicks ?? '' };
}

/** True when the process certainly runs no more; false when it runs or nobody can tell from here. */
export function hasEnded(owner: ProcessIdentity, own: ProcessIdentity): boolean {
  if (owner.bootId !== own.bootId) return true;
  if (owner.pidSpace !== own.pidSpace) return false;
  const state = processState(owner.pid);
  if (state === undefined) return !signalsReach(owner.pid);
  return state.startTicks !== owner.startTicks || state.letter === 'Z' || state.letter === 'X';
}

/** With /proc mounted `hidepid`, processes of other users are not seen there but exist. */
function signalsReach(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** State letter and start time from /proc/PID/stat; the name in it may hold spaces and parentheses. */
function processState(pid: number): { letter: string; startTicks: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { letter: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidSpace(): string {
  return readlinkSync('/proc/self/ns/pid');
}
