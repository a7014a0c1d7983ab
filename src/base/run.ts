import { spawn } from 'node:child_process';
import { GantryError } from './errors/gantry-error.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment of the child; the default is a minimal one with PATH and LANG=C. */
  readonly env?: Record<string, string>;
  readonly input?: string | Buffer;
  /** Milliseconds until the child is killed; default 60,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each piece of standard error as it comes, for progress and logs. */
  readonly onStderr?: (text: string) => void;
  /** Exit codes that are not failures; default only 0. */
  readonly okCodes?: readonly number[];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of standard output the beginning is kept, of standard error the end. */
const outputLimitBytes = 16 * 1024 * 1024;

export const minimalEnvironment: Record<string, string> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C',
  LC_ALL: 'C',
};

/**
 * Runs a program without a shell and waits for it.
 * @throws COMMAND_MISSING, COMMAND_FAILED (other exit code or signal), TIMED_OUT, CANCELLED
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 60_000, okCodes = [0], signal } = options;
  const label = [command, ...args.slice(0, 3)].join(' ');
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new GantryError('CANCELLED', { subject: label }));
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? minimalEnvironment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let outBytes = 0;
    let errBytes = 0;
    let stopped: 'timeout' | 'abort' | undefined;
    const stop = (why: 'timeout' | 'abort') => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop('timeout'), timeoutMs);
    const onAbort = () => stop('abort');
    signal?.addEventListener('abort', onAbort, { once: true });
    child.stdout.on('data', (piece: Buffer) => {
      outBytes += piece.length;
      if (outBytes <= outputLimitBytes) stdout.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      stderr.push(piece);
      errBytes += piece.length;
      while (errBytes > outputLimitBytes) errBytes -= stderr.shift()?.length ?? 0;
      options.onStderr?.(piece.toString());
    });
    // The child may exit without reading its input; its exit code says what matters.
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error);
    });
    child.stdin.end(options.input ?? '');
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(error.code === 'ENOENT' ? new GantryError('COMMAND_MISSING', { command }) : error);
    });
    child.on('close', (code, killedBy) => {
      settle();
      if (stopped === 'timeout') return reject(new GantryError('TIMED_OUT', { subject: label, seconds: timeoutMs / 1000 }));
      if (stopped === 'abort') return reject(new GantryError('CANCELLED', { subject: label }));
      const exit = code ?? -1;
      const result = { code: exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      if (okCodes.includes(exit)) return resolve(result);
      const outcome = code === null ? `signal ${killedBy}` : `exit code ${code}`;
      const tail = result.stderr.trim().slice(-2000) || result.stdout.trim().slice(-500) || 'no message';
      reject(new GantryError('COMMAND_FAILED', { command: label, outcome, stderr: tail }));
    });
  });
}
