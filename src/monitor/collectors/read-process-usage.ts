import type { CgroupUsage, ProcFiles } from '../../host/light.ts';
import { parseProcessStat } from '../../host/light.ts';
import { rest } from '../collector/counter-history.ts';

/** Reads /proc/PID/status: memory with huge pages, which the kernel counts apart. `undefined` without any: a zombie, a kernel thread. */
export function parseProcessMemory(text: string | undefined): CgroupUsage['memory'] {
  const bytes = (key: string) => Number(new RegExp(`^${key}:[ \\t]+(\\d+) kB$`, 'm').exec(text ?? '')?.[1] ?? Number.NaN) * 1024;
  const [resident, hugePages, swap] = [bytes('VmRSS'), bytes('HugetlbPages'), bytes('VmSwap')];
  return Number.isNaN(resident) ? undefined : { resident: resident + (hugePages || 0), cache: 0, swap: swap || 0 };
}

/** Reads /proc/PID/io: what went to disks, not what the page cache answered; of reads and writes the kernel counts the calls only. */
export function parseProcessIo(text: string | undefined): CgroupUsage['io'] {
  const value = (key: string) => Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? Number.NaN);
  const io = { readBytes: value('read_bytes'), writtenBytes: value('write_bytes'), reads: value('syscr'), writes: value('syscw') };
  return Object.values(io).some(Number.isNaN) ? undefined : io;
}

/** What one process used, for an instance that has no control group of its own; empty when it was removed. */
export function readProcessUsage(files: ProcFiles, pid: number): CgroupUsage {
  const stat = parseProcessStat(files.readIfThere(`/proc/${pid}/stat`));
  if (!stat || stat.state === 'Z') return {};
  const memory = parseProcessMemory(files.readIfThere(`/proc/${pid}/status`));
  const io = readIo(files, pid);
  return {
    cpu: {
      seconds: stat.cpuSeconds,
      user: stat.userSeconds,
      system: rest(stat.cpuSeconds, stat.userSeconds),
      throttled: 0,
      throttledPeriods: 0,
    },
    ...(memory && { memory }),
    ...(io && { io }),
  };
}

function readIo(files: ProcFiles, pid: number): CgroupUsage['io'] {
  try {
    return parseProcessIo(files.readIfThere(`/proc/${pid}/io`));
  } catch (error) {
    // Only its own user and root may read it.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}
