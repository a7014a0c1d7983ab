import type { ProcFiles } from '../../host/light.ts';

/** A process that the kernel killed because its control group or the host ran out of memory. */
export interface OomKill {
  readonly pid: number;
  /** Path of its control group for memory. */
  readonly group: string;
  /** Seconds after the host came up. */
  readonly at: number;
}

/** So many are remembered, the latest. */
const mostKills = 256;

/** A record of the kernel's own (its facility is 0), since Linux 4.19; the name of the task is its user's choice. */
const record = /^[0-7],\d+,(\d+),[^;\n]*;oom-kill:constraint=.*,task_memcg=(.*?),task=.*,pid=(\d+),uid=\d+$/gm;

export function parseOomKills(log: string): OomKill[] {
  return [...log.matchAll(record)].map(([, microseconds, group = '', pid]) => ({
    pid: Number(pid),
    group,
    at: Number(microseconds) / 1e6,
  }));
}

/** Reads the log of the kernel on and on: for {@link CollectorContext.kept}, since several collectors ask and it is read once. */
export function createOomKills() {
  let kills: readonly OomKill[] = [];
  return (files: ProcFiles): readonly OomKill[] => {
    const found = parseOomKills(files.readOn('/dev/kmsg'));
    if (found.length > 0) kills = [...kills, ...found].slice(-mostKills);
    return kills;
  };
}
