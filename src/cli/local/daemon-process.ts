import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GantryError, minimalEnvironment, systemClock, writeFileAtomic } from '../../base/index.ts';
import { awaitsSignals, identifyProcess, isAlive, type ProcessIdentity } from '../../host/index.ts';
import { stopSignals } from '../daemon/until-told-to-stop.ts';

/** A daemon of the local cluster. */
export interface Daemon {
  /** `master`, `agent-node1`, …: names its process file and its log. */
  readonly name: string;
  /** Network namespace in which it runs; none: that of the host. */
  readonly namespace?: string;
  /** Arguments of `gantry`, or of Node when it runs in no namespace. */
  readonly args: readonly string[];
  /** File descriptors handed over, as 3 and so on. */
  readonly inherit?: readonly number[];
}

const processSuffix = '.process';
const nodeFlags = ['--disable-warning=ExperimentalWarning'] as const;
const mainFile = join(import.meta.dirname, '../main.ts');

/** What a gantry process started from here finds in its environment. */
export function daemonEnvironment(): Record<string, string> {
  const handedOn = ['GANTRY_LOG', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value]] : [];
  });
  return { ...minimalEnvironment, ...Object.fromEntries(handedOn) };
}

/** A gantry command with its Node, to be run inside a network namespace. */
export function insideNamespace(namespace: string, args: readonly string[]): [string, string[]] {
  // Not "ip netns exec": that also gives a mount namespace with a new /sys, in which there are no cgroups.
  const node = [process.execPath, ...nodeFlags, mainFile];
  return ['nsenter', [`--net=${namespacePath(namespace)}`, '--', ...node, ...args]];
}

export const namespacePath = (namespace: string): string => `/run/netns/${namespace}`;
export const daemonLog = (logDir: string, name: string): string => join(logDir, `${name}.log`);
const processFile = (runDir: string, name: string): string => join(runDir, `${name}${processSuffix}`);

/** Starts a daemon that goes on when this process and its terminal are gone, and writes down which process it is. */
export async function startDaemon(runDir: string, logDir: string, daemon: Daemon): Promise<ProcessIdentity> {
  const logFile = daemonLog(logDir, daemon.name);
  await mkdir(dirname(logFile), { recursive: true, mode: 0o755 });
  // Readable, too: the daemon keeps the newer half of a log that became too large.
  const log = await open(logFile, 'a+', 0o640);
  try {
    const own = [process.execPath, [...nodeFlags, ...daemon.args]] as const;
    const [program, args] = daemon.namespace === undefined ? own : insideNamespace(daemon.namespace, daemon.args);
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      env: daemonEnvironment(),
      stdio: ['ignore', log.fd, log.fd, ...(daemon.inherit ?? [])],
    });
    await once(child, 'spawn');
    child.unref();
    const identity = await identifyProcess(child.pid as number);
    if (!identity) throw new GantryError('LOCAL_STEP_FAILED', await stepFacts(`Starting ${daemon.name}`, 'it ended immediately', logFile));
    await writeDown(processFile(runDir, daemon.name), identity).catch(async (error: unknown) => {
      // Nobody would find it again, nor end it.
      await endProcess(identity, daemon.name, 5000);
      throw error;
    });
    return identity;
  } finally {
    await log.close();
  }
}

/** Where there is no room for a second file, over the old one: so a daemon is started again although the folder is full. */
async function writeDown(path: string, identity: ProcessIdentity): Promise<void> {
  const text = `${JSON.stringify(identity)}\n`;
  try {
    await writeFileAtomic(path, text);
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    const old = isFull ? await open(path, 'r+').catch(() => undefined) : undefined;
    if (!old) throw error;
    try {
      // In one write, and as long as before, so that whoever reads meanwhile finds either.
      await old.write(text.padEnd((await old.stat()).size), 0);
    } finally {
      await old.close();
    }
  }
}

/** Names of the daemons that were started and not stopped since. */
export async function listDaemons(runDir: string): Promise<string[]> {
  const names = await readdir(runDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(processSuffix)).map((name) => name.slice(0, -processSuffix.length));
}

/** As a process file has it. Earlier versions wrote the start as text, under another name. */
type StoredIdentity = ProcessIdentity | (Omit<ProcessIdentity, 'startTicks'> & { readonly startTime: string });

const identityIn = (stored: StoredIdentity): ProcessIdentity =>
  'startTicks' in stored ? stored : { pid: stored.pid, startTicks: Number(stored.startTime), bootId: stored.bootId };

/** The process of a daemon if it lives. */
export async function findDaemon(runDir: string, name: string): Promise<ProcessIdentity | undefined> {
  try {
    const identity = identityIn(JSON.parse(await readFile(processFile(runDir, name), 'utf8')) as StoredIdentity);
    return (await isAlive(identity)) ? identity : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a daemon lives, has begun to serve, and was not told to end. */
export async function isServing(runDir: string, name: string): Promise<boolean> {
  const identity = await findDaemon(runDir, name);
  return identity !== undefined && awaitsSignals(identity, stopSignals);
}

/** Asks a daemon to end, and makes it after `graceMs`. Nothing happens when it does not run. */
export async function stopDaemon(runDir: string, name: string, graceMs = 15_000): Promise<void> {
  const identity = await findDaemon(runDir, name);
  if (identity) await endProcess(identity, name, graceMs);
  await rm(processFile(runDir, name), { force: true });
}

/** SIGTERM, then SIGKILL, then LOCAL_PROCESS_STAYS. */
export async function endProcess(identity: ProcessIdentity, what: string, graceMs: number): Promise<void> {
  for (const [signal, ms] of [['SIGTERM', graceMs] as const, ['SIGKILL', 10_000] as const]) {
    if (!(await isAlive(identity))) return;
    send(identity.pid, signal);
    if (await hasEnded(identity, ms)) return;
  }
  throw new GantryError('LOCAL_PROCESS_STAYS', { pid: identity.pid, what });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function hasEnded(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (await isAlive(identity)) {
    if (performance.now() >= deadline) return false;
    await systemClock.sleep(20);
  }
  return true;
}

/** Facts of LOCAL_STEP_FAILED, with the end of the log. */
export async function stepFacts(
  step: string,
  detail: string,
  log: string,
): Promise<{ step: string; detail: string; log: string; tail: string }> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const tail = text.trim().split('\n').slice(-12).join('\n').slice(-4000) || 'it is empty';
  return { step, detail, log, tail };
}
