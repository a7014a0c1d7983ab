import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonObject, type Log, type QmpClient, silentLog } from '../../../base/index.ts';
import { createKeyedMutex, identifyProcess } from '../../../host/index.ts';
import type { StartRequest } from '../start-request.ts';
import { instanceFiles } from './instance-files.ts';
import type { KvmParts } from './kvm-parts.ts';
import { newRequest } from './kvm-test-harness.ts';
import { type Runtime, writeRuntime } from './runtime-file.ts';

/** Answers to a command of QMP, one after the other; the last one stays. A function is called, an error is thrown. */
export type Answers = Record<string, unknown[]>;

/** Parts of the adapter with a QMP that answers as it is told, a clock that only moves when somebody sleeps, and processes that only sleep. */
export interface TestParts extends KvmParts {
  /** What was asked of QMP, with its arguments where there were some, and what became of serial lines. */
  readonly calls: (string | readonly [string, JsonObject])[];
  readonly logged: string[];
  readonly answers: Answers;
  /** An instance as it lies on the disk, with a process that lives; `process: null` with none. */
  place(fields?: Partial<Runtime>): Promise<{ request: StartRequest; runtime: Runtime; child: ChildProcess }>;
  dispose(): Promise<void>;
}

export async function createTestParts(): Promise<TestParts> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-parts-'));
  const calls: TestParts['calls'] = [];
  const logged: string[] = [];
  const answers: Answers = {};
  const children: ChildProcess[] = [];
  let time = 1_700_000_000_000;
  const note = (_facts: object, text: string) => logged.push(text);
  const execute = async (command: string, args: JsonObject = {}) => {
    calls.push(Object.keys(args).length > 0 ? [command, args] : command);
    const queue = answers[command] ?? [{}];
    const answer = queue.length > 1 ? queue.shift() : queue[0];
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? await answer() : answer;
  };
  const files: KvmParts['files'] = (instance) => instanceFiles(join(directory, 'run'), join(directory, 'log'), instance);
  return {
    calls,
    logged,
    answers,
    runDir: join(directory, 'run'),
    stateDir: join(directory, 'state'),
    logDir: join(directory, 'log'),
    listenAddress: '127.0.0.1',
    uidBase: 310_000,
    qemuPath: '/nonexistent/qemu',
    clock: {
      now: () => time,
      sleep: async (ms, signal) => {
        signal?.throwIfAborted();
        time += ms;
        await new Promise(setImmediate);
      },
    },
    log: { ...silentLog, info: note, warn: note, error: note } as unknown as Log,
    qmp: { use: (_files, work) => work({ execute } as unknown as QmpClient) },
    serialLines: {
      hold: async ({ uuid }) => void calls.push(`hold ${uuid}`),
      release: async ({ uuid }) => void calls.push(`release ${uuid}`),
      close: async () => undefined,
    },
    exclusively: createKeyedMutex(),
    facts: { requireUsable: async () => undefined, version: async () => '7.2.0', defaultMachine: async () => 'pc-i440fx-7.2' },
    files,
    async place(fields = {}) {
      const request = newRequest(join(directory, 'disk.raw'));
      const { uuid, name } = request.spec;
      const { workDirectory, runtime: path } = files(request.spec);
      await mkdir(workDirectory, { recursive: true });
      const child = spawn('sleep', ['1000'], { stdio: 'ignore', cwd: workDirectory });
      children.push(child);
      await once(child, 'spawn');
      const process = (await identifyProcess(child.pid as number)) ?? null;
      const runtime: Runtime = {
        ...{ version: 1, layout: 2, uuid, name, process, machine: 'pc-i440fx-7.2', accelerator: 'tcg', uid: 0 },
        ...{ phase: 'running', incoming: null, vnc: null, request },
        ...fields,
      };
      await writeRuntime(path, runtime);
      return { request, runtime, child };
    },
    async dispose() {
      for (const child of children) child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};
