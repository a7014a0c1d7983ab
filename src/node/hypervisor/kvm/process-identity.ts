import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that cannot be mistaken for another one that got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks between the boot of the host and the start of the process. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** Clock ticks a second as /proc reports them; fixed at 100 in the kernel's interface on every Linux platform we run on. */
const ticksPerSecond = 100;

/** Changes with every boot of the host. */
export const readBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

interface ProcessStat {
  readonly state: string;
  readonly cpuSeconds: number;
  readonly startTicks: number;
}

/** The facts of a process now, or undefined when there is none (a zombie counts as none). */
export async function readProcessStat(pid: number): Promise<ProcessStat | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', utime, stime, startTicks] = [fields[0], fields[11], fields[12], fields[19]];
  if ('ZXx'.includes(state)) return undefined;
  return { state, cpuSeconds: (Number(utime) + Number(stime)) / ticksPerSecond, startTicks: Number(startTicks) };
}

/** Who `pid` is now, or undefined when there is no such process. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readProcessStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: readBootId() };
}

/** Facts of exactly this process, or undefined when it has ended, even if its number is in use again. */
export async function readSameProcess(identity: ProcessIdentity): Promise<ProcessStat | undefined> {
  if (identity.bootId !== readBootId()) return undefined;
  const stat = await readProcessStat(identity.pid);
  return stat?.startTicks === identity.startTicks ? stat : undefined;
}

/** Numbers of the processes whose working directory is `directory`. */
export async function processesIn(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      try {
        return (await readlink(`/proc/${pid}/cwd`)) === directory;
      } catch {
        // It ended meanwhile, or is a kernel thread.
        return false;
      }
    }),
  );
  return pids.filter((_, index) => found[index]).map(Number);
}
