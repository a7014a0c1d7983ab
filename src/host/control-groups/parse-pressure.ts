/** A line of a pressure file: shares of time (percent, as the kernel has it) in which tasks waited, and the time in all in seconds. */
export interface PressureLine {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  readonly total: number;
}

/** `some`: at least one task waited; `full`: all did (not told of the CPU before Linux 5.13). */
export interface Pressure {
  readonly some: PressureLine;
  readonly full?: PressureLine;
}

const line = /^(some|full) avg10=([\d.]+) avg60=([\d.]+) avg300=([\d.]+) total=(\d+)$/gm;

/** Reads a file of /proc/pressure or a cgroup's `*.pressure`; `null` where the kernel keeps none (before 4.20, or psi=0). */
export function parsePressure(text: string | undefined): Pressure | null {
  const lines: Record<string, PressureLine> = {};
  for (const [, name = '', avg10, avg60, avg300, total] of (text ?? '').matchAll(line)) {
    lines[name] = { avg10: Number(avg10), avg60: Number(avg60), avg300: Number(avg300), total: Number(total) / 1e6 };
  }
  const { some, full } = lines;
  return some ? { some, ...(full && { full }) } : null;
}
