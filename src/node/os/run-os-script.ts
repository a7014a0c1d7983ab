import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { GantryError } from '../../base/index.ts';
import type { HandlerContext } from '../../rpc/index.ts';
import type { OsDefinition, OsScript } from './os-definition.ts';
import type { Environment } from './os-environment.ts';
import { openScriptLog, type ScriptLog } from './script-log.ts';
import { createSecretMask } from './secret-mask.ts';

export interface OsScriptRequest {
  readonly definition: OsDefinition;
  readonly script: OsScript;
  readonly args?: readonly string[];
  readonly environment: Environment;
  /** Values of the environment that must not be in anything that is kept or told of its output. */
  readonly secrets?: readonly string[];
  /** What it works on, for messages. */
  readonly subject: string;
  readonly logPath: string;
  readonly timeoutMs: number;
  /** File descriptor that the script reads; default nothing. */
  readonly input?: number;
  /** File descriptor that gets the standard output; default the log. */
  readonly output?: number;
}

const graceMs = 5000;
const keptCharacters = 256 * 1024;

/**
 * The script is the first process of its own process and mount namespaces. When it ends, is cancelled, or the agent dies
 * (whatever the cause), everything that it started ends with it, and what it mounted is unmounted.
 */
const confinement = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];

/**
 * Runs one script of an OS definition; every line that it writes becomes progress and goes to the log file.
 * @returns what it wrote, the last 256 KiB
 * @throws OS_SCRIPT_FAILED, OS_SCRIPT_TIMED_OUT, CANCELLED
 */
export async function runOsScript(request: OsScriptRequest, context: Pick<HandlerContext, 'progress' | 'signal'>): Promise<string> {
  const { definition, script, subject, logPath } = request;
  if (context.signal.aborted) throw new GantryError('CANCELLED', { subject: `${script} of ${subject}` });
  const log = await openScriptLog(logPath);
  const child = spawn('setpriv', [...confinement, join(definition.path, script), ...(request.args ?? [])], {
    cwd: definition.path,
    env: { ...request.environment, ...(script === 'export' && { EXP_SIZE_FD: '3' }) },
    detached: true,
    stdio: [request.input ?? 'ignore', request.output ?? 'pipe', 'pipe', script === 'export' ? 'pipe' : 'ignore'],
  });
  const output = recordOutput(child, log, request, context.progress);
  const stopped = stopper(child, request.timeoutMs, context.signal);
  const { code, killedBy } = await ended(child).finally(stopped.release);
  const text = await output.text();
  if (code === 0 && !stopped.reason()) return text;
  const facts = { os: definition.name, script, instance: subject, log: logPath, output: lastLines(text) };
  if (stopped.reason() === 'timeout') throw new GantryError('OS_SCRIPT_TIMED_OUT', { ...facts, seconds: request.timeoutMs / 1000 });
  if (stopped.reason() === 'abort') throw new GantryError('CANCELLED', { subject: `the ${script} script of ${subject}` });
  throw new GantryError('OS_SCRIPT_FAILED', { ...facts, outcome: code === null ? `signal ${killedBy}` : `exit code ${code}` });
}

function ended(child: ChildProcess): Promise<{ code: number | null; killedBy: string | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => resolve({ code, killedBy }));
  });
}

/** Ends the process group when the time is over or the signal comes: first politely, so that traps run, then hard. */
function stopper(child: ChildProcess, timeoutMs: number, signal: AbortSignal) {
  let reason: 'timeout' | 'abort' | undefined;
  let grace: NodeJS.Timeout | undefined;
  const kill = (name: 'SIGTERM' | 'SIGKILL') => {
    // A child that was never started has no group; a pid of -0 would be our own.
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  const stop = (why: 'timeout' | 'abort') => {
    if (reason) return;
    reason = why;
    kill('SIGTERM');
    grace = setTimeout(() => kill('SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => stop('timeout'), timeoutMs);
  const onAbort = () => stop('abort');
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    reason: () => reason,
    release: () => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

function recordOutput(
  child: ChildProcess,
  log: ScriptLog,
  { logPath, secrets = [] }: OsScriptRequest,
  progress: HandlerContext['progress'],
) {
  let text = '';
  const record = (stream: Readable | null) => {
    let rest = '';
    const mask = createSecretMask(secrets);
    const take = (piece: string): void => {
      log.write(piece);
      text = (text + piece).slice(-keptCharacters);
      // Tools show progress by going back to the start of the line.
      const lines = (rest + piece).split(/[\r\n]+/);
      rest = (lines.pop() ?? '').slice(-4096);
      for (const line of lines.filter((one) => one.trim() !== '')) progress(progressOf(line));
    };
    stream?.setEncoding('utf8').on('data', (piece: string) => take(mask.push(piece)));
    stream?.on('end', () => {
      take(mask.end());
      if (rest.trim() !== '') progress(progressOf(rest));
    });
  };
  record(child.stdout);
  record(child.stderr);
  const size = child.stdio[3] as Readable | null | undefined;
  size?.setEncoding('utf8').on('data', (piece: string) => progress({ text: `about ${piece.trim()} bytes to export` }));
  return {
    /** Waits for the log file; its failure must not fail the script's work, but is not hidden either. */
    text: async (): Promise<string> => {
      const problem = await log.end();
      if (problem !== null) progress({ text: `the log ${logPath} is incomplete: ${problem}` });
      return text;
    },
  };
}

/** `qemu-img -p` writes `(12.34/100%)`. */
function progressOf(line: string) {
  const percent = /\((\d+(?:\.\d+)?)\/100%\)/.exec(line)?.[1];
  return { text: line.trim().slice(0, 500), ...(percent && { fraction: Number(percent) / 100 }) };
}

const lastLines = (text: string): string =>
  text
    .trimEnd()
    .split(/[\r\n]+/)
    .slice(-20)
    .join('\n')
    .slice(-2000) || 'it wrote nothing';
