/** What /proc/PID/stat says of a process. */
export interface ProcessStat {
  /** One letter: `R`, `S`, `D`, `Z`, … */
  readonly state: string;
  /** Seconds of all its threads. */
  readonly cpuSeconds: number;
  /** Those of them outside the kernel; a guest's code counts here. */
  readonly userSeconds: number;
  readonly threads: number;
  /** Seconds after the host came up. */
  readonly started: number;
  /** The same in clock ticks: with the number of the process and the boot it tells it from all others. */
  readonly startTicks: number;
  /** Bytes in memory. */
  readonly resident: number;
}

const ticksPerSecond = 100;
const pageSize = 4096;

/** Reads /proc/PID/stat of any kernel since 2.6; `undefined` for what is cut short or another file. */
export function parseProcessStat(text: string | undefined): ProcessStat | undefined {
  // The second field is the program's name in parentheses, and may hold blanks and parentheses itself.
  const fields = (text ?? '').slice((text ?? '').lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const number = (place: number) => Number(fields[place - 3] || Number.NaN);
  const [userTicks, systemTicks, threads, startTicks, pages] = [14, 15, 20, 22, 24].map(number) as [number, number, number, number, number];
  // The field behind the last one that is read shows that it is whole.
  if (!/^[A-Za-z]$/.test(state) || [userTicks, systemTicks, threads, startTicks, pages].some(Number.isNaN) || fields.length < 23)
    return undefined;
  return {
    state,
    userSeconds: userTicks / ticksPerSecond,
    cpuSeconds: (userTicks + systemTicks) / ticksPerSecond,
    threads,
    started: startTicks / ticksPerSecond,
    startTicks,
    resident: pages * pageSize,
  };
}
