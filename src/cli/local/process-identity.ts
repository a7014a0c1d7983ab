import { readdir, readFile, stat } from 'node:fs/promises';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the boot and the start of the process. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Who has this process number now; undefined when nobody lives under it. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [text, bootId] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/sys/kernel/random/boot_id', 'utf8')]);
    // The name of the program, in parentheses, may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' || !startTime ? undefined : { pid, startTime, bootId: bootId.trim() };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export async function isAlive(known: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(known.pid);
  return now?.startTime === known.startTime && now.bootId === known.bootId;
}

/** Processes inside a network namespace. @param path where `ip netns` keeps it */
export async function processesInNamespace(path: string): Promise<ProcessIdentity[]> {
  const namespace = await stat(path).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (!namespace) return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const inside = await Promise.all(pids.map((pid) => isInside(pid, namespace)));
  const found = await Promise.all(pids.filter((_, index) => inside[index]).map(identifyProcess));
  return found.filter((identity) => identity !== undefined);
}

async function isInside(pid: number, namespace: { ino: number; dev: number }): Promise<boolean> {
  try {
    const own = await stat(`/proc/${pid}/ns/net`);
    return own.ino === namespace.ino && own.dev === namespace.dev;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
