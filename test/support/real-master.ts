import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { run } from '../../src/base/index.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const user = ['--user', userInfo().username];

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Code of Gantry's error, if it is one. */
  readonly error: string | undefined;
}

/** A `gantry master` of a cluster of its own with one node, of which no agent runs. */
export interface RealMaster {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Its SQLite store, unless it has another one. */
  readonly storeFile: string;
  /** All that it has logged. */
  log(): string;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Asks until the answer is as wanted. @throws with the last answer after `seconds` */
  until(what: string, seconds: number, wanted: (answer: Answer) => boolean, path?: string): Promise<Answer>;
  stop(): Promise<void>;
}

export async function initCluster(dir: string, ...args: string[]): Promise<void> {
  const node = ['--node-name', 'node1', '--address', '127.0.0.1'];
  await run(process.execPath, [main, 'cluster', 'init', '--name', 'test', '--state-dir', dir, ...node, ...user, ...args], {
    timeoutMs: 60_000,
  });
  await writeFile(join(dir, 'master', 'users'), 'admin secret write\n');
}

/** Resolves when it answers, leading or not. */
export async function startRealMaster(dir: string, ...args: string[]): Promise<RealMaster> {
  const port = await freePort();
  const stateDir = join(dir, 'master');
  const all = ['master', '--state-dir', stateDir, '--name', 'node1', '--listen', `127.0.0.1:${port}`, ...user, ...args];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...all], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (log += part));
  const ca = await readFile(join(stateDir, 'ca.crt'), 'utf8');
  const ask = (method: string, path: string, body?: unknown) => askOnce(port, ca, method, path, body);
  const master: RealMaster = {
    process: child,
    pid: child.pid ?? 0,
    storeFile: join(stateDir, 'store.db'),
    log: () => log,
    ask,
    async until(what, seconds, wanted, path = '/2/info') {
      let last: Answer | undefined;
      const ended = () => child.exitCode !== null || child.signalCode !== null;
      const look = async () => {
        last = await ask('GET', path).catch((error: Error): Answer => ({ status: 0, body: error.message, error: undefined }));
        if (!wanted(last) && ended()) throw new Error(`the master has ended\n${log}`);
        return wanted(last) && last;
      };
      return until(what, look, { seconds, everyMs: 100 }).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(last)}\n${log}`, { cause: error });
      });
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(timer);
    },
  };
  try {
    await master.until('the master answers', 60, ({ status }) => status !== 0);
  } catch (error) {
    await master.stop();
    throw error;
  }
  return master;
}

async function askOnce(port: number, ca: string, method: string, path: string, body: unknown): Promise<Answer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    ca,
    method,
    path,
    auth: 'admin:secret',
    headers: { 'content-type': 'application/json' },
    timeout: 20_000,
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
  // Told by whoever waits; this one is for what comes later.
  sent.on('error', () => undefined);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = JSON.parse(await text(response)) as unknown;
  const { error } = (typeof answer === 'object' && answer !== null ? answer : {}) as { error?: { code?: string } };
  return { status: response.statusCode ?? 0, body: answer, error: error?.code };
}
