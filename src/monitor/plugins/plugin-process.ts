import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { closedDescriptors } from '../../base/index.ts';
import { type Confinement, childrenOf, filterDescriptor, filterFor, killHard, type ProcessGroup } from '../../host/index.ts';
import { pluginCommand, pluginEnvironment } from './plugin-confinement.ts';
import type { PluginDefinition } from './plugin-definition.ts';

/** A plugin's program while it runs. */
export interface PluginProcess {
  /** How it ended, in words; undefined: with exit code 0. Nothing of it is there any more then. */
  readonly ended: Promise<string | undefined>;
  /** The last few thousand characters of its standard error. */
  stderr(): string;
  /** Ends it with all that it began. */
  kill(): void;
}

export interface ProcessParts {
  readonly definition: PluginDefinition;
  readonly confinement: Confinement;
  readonly cgroup: ProcessGroup | undefined;
  readonly onOutput: (chunk: Buffer) => void;
}

const keptStderr = 4096;

/** How long (ms) output is accepted after the end; processes that still hold the pipe open are then ignored. */
const afterEnd = 500;

/** How long (ms) a namespace that was killed may take to end. */
const reapTime = 1000;

/** Starts a plugin's program in its confinement, without a shell, with nothing to read. @throws TypeError for users that are not there */
export function startPluginProcess({ definition, confinement, cgroup, onOutput }: ProcessParts): PluginProcess {
  const [command = '', ...args] = pluginCommand(definition, confinement);
  const filter = confinement.sandbox ? filterFor(definition.granted.capabilities) : undefined;
  const given = ['ignore', 'pipe', 'pipe', ...(filter ? (['pipe'] as const) : [])] as const;
  const child = spawn(command, args, {
    cwd: '/',
    env: pluginEnvironment(definition),
    detached: true,
    stdio: [...given, ...closedDescriptors(given.length)],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  if (filter) giveFilter(child, filter);
  if (child.pid !== undefined) cgroup?.enter(child.pid);
  let stderr = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptStderr);
  });
  child.stdout.on('data', onOutput);
  const killWhole = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    killHard(-child.pid);
    cgroup?.kill();
  };
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const firsts = confinement.endsWhole ? childrenOf(child.pid) : [];
    // With the first process of a namespace all others in it end, whatever they did; unshare(1) then sees to what is left of it.
    for (const first of firsts) killHard(first);
    if (firsts.length === 0) killWhole();
    else setTimeout(killWhole, reapTime).unref();
  };
  const ended = endOf(child, () => {
    if (confinement.endsWhole || child.pid === undefined) return;
    killHard(-child.pid);
    cgroup?.kill();
  });
  return { ended, stderr: () => readable(stderr), kill };
}

/** bubblewrap reads the filter until its end, before anything of the plugin begins. */
function giveFilter(child: ChildProcess, filter: Buffer): void {
  const pipe = child.stdio[filterDescriptor] as Writable;
  // It has ended without reading; how is said by its end.
  pipe.on('error', () => undefined);
  pipe.end(filter);
}

/** @param sweep - called as soon as the program itself has ended */
function endOf(child: ChildProcess, sweep: () => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      sweep();
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, afterEnd);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(signal !== null ? `signal ${signal}` : outcomeOf(code ?? 0));
      });
    });
  });
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** bubblewrap tells a signal as shells do, by an exit code above 128. */
function outcomeOf(code: number): string | undefined {
  if (code === 0) return undefined;
  const signal = signalNames.get(code - 128);
  return signal === undefined ? `exit code ${code}` : `exit code ${code} (signal ${signal})`;
}

/** Text of unknown origin, for people. */
export const readable = (text: string): string => text.replace(/[^\x20-\x7e\n]/g, '?').trim();
