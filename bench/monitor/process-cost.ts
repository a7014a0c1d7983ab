import { readFileSync } from 'node:fs';

/** Clock ticks a second that the kernel shows. */
const ticksPerSecond = 100;

/** Of all threads of a process so far, and when it began. */
export function readStat(pid: number): { readonly cpuSeconds: number; readonly startTicks: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, startTicks: Number(fields[19]) };
}

/** MiB, now and at most so far. */
export interface ProcessMemory {
  readonly resident: number;
  readonly peak: number;
}

export function readMemory(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { resident: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
