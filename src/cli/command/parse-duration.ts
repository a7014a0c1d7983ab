import { usage } from './parse-command-line.ts';

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** Seconds from `30s`, `15m`, `6h`, `2d`, `1w`; a bare number is seconds. @throws CLI_USAGE */
export function parseDuration(text: string, command: string): number {
  const match = /^(\d{1,9})([smhdw]?)$/.exec(text);
  const factor = match && secondsIn[match[2] || 's'];
  if (!factor) throw usage(command, `"${text}" is not a length of time such as 30s, 15m, 6h or 2d.`);
  return Number(match[1]) * factor;
}
