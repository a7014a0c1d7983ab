import { AsyncLocalStorage } from 'node:async_hooks';
import { runCommandLine } from '../command/run-command-line.ts';
import type { GantryResult } from './run-gantry.ts';

interface Printed {
  stdout: string;
  stderr: string;
}

/** What the command that runs has printed; the test runner's own lines are written outside of it. */
const printing = new AsyncLocalStorage<Printed>();

/**
 * Runs the command line in this process: as `runGantry` does, in milliseconds. One at a time, since a process has one
 * environment.
 */
export async function runInProcess(args: readonly string[], env: Readonly<Record<string, string>>): Promise<GantryResult> {
  const printed: Printed = { stdout: '', stderr: '' };
  const before = { ...process.env };
  const restore = [listen('stdout'), listen('stderr')];
  Object.assign(process.env, { TERM: 'dumb', ...env });
  try {
    const code = await printing.run(printed, () => runCommandLine(args));
    return { code, ...printed };
  } finally {
    for (const back of restore) back();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

function listen(name: keyof Printed): () => void {
  const stream = process[name];
  const write = stream.write;
  stream.write = ((...words: Parameters<typeof write>) => {
    const printed = printing.getStore();
    if (!printed) return write.apply(stream, words);
    printed[name] += String(words[0]);
    for (const word of words as unknown[]) if (typeof word === 'function') (word as () => void)();
    return true;
  }) as typeof write;
  return () => {
    stream.write = write;
  };
}
