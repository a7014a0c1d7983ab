import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface GantryResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the launcher keeps compiled code too. */
const compileCache = fileURLToPath(new URL('../../../.cache/node', import.meta.url));

/** What the command line gets from the launcher and its user, and what a test sets. */
export const gantryEnvironment = (env: Readonly<Record<string, string>>): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: compileCache,
  ...env,
});

/** Words with which a process of the real command line is started. */
export const gantryCommand: readonly [string, ...string[]] = [process.execPath, main];

/** Runs the real command line in a process of its own, without a terminal. */
export function runGantry(args: readonly string[], env: Record<string, string>, input = ''): Promise<GantryResult> {
  const [program, ...before] = gantryCommand;
  const child = spawn(program, [...before, ...args], { env: gantryEnvironment(env), stdio: 'pipe' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
  child.stderr.on('data', (piece: Buffer) => stderr.push(piece));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }));
  });
}
