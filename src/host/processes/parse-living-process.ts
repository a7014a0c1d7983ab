import { type ProcessStat, parseProcessStat } from '../../base/parse-process-stat.ts';

/**
 * The facts of a process in the text of its /proc/PID/stat, or undefined when it has ended. A zombie has ended, unless other threads
 * of it are still ending: these hold its files, and the locks on them.
 */
export function parseLivingProcess(text: string | undefined): ProcessStat | undefined {
  const stat = parseProcessStat(text);
  const hasEnded = stat && ('Xx'.includes(stat.state) || (stat.state === 'Z' && stat.threads <= 1));
  return hasEnded ? undefined : stat;
}
