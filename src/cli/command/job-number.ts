import { usage } from './parse-command-line.ts';

/** The number of a job as given. @throws CLI_USAGE */
export function jobNumber(text: string, command: string): number {
  const id = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id) || id < 1) throw usage(command, `"${text}" is not the number of a job.`);
  return id;
}
