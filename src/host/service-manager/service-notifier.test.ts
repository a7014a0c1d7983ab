import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { isRoot } from '../accounts/unprivileged.ts';
import { openServiceNotifier } from './service-notifier.ts';

const missing = ['systemd-notify', 'python3'].filter((program) => spawnSync(program, ['--version']).error);
const skip = missing.length > 0 && `${missing.join(' and ')} is not installed`;

/** Prints the sender's process number and each message; descriptors that come along are closed, which ends the wait for them. */
const manager = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind(sys.argv[1])
print("listens", flush=True)
while True:
    text, extra, _, _ = s.recvmsg(4096, 1024)
    pid = 0
    for _, kind, data in extra:
        if kind == socket.SCM_RIGHTS:
            for fd in array.array("i", data): os.close(fd)
        else: pid = array.array("i", data)[0]
    for line in text.decode().split("\\n"):
        if line and line != "BARRIER=1": print(pid, line, flush=True)
`;

let dir: string;
let child: ChildProcess;
let heard: string[];
const problems: string[] = [];
const withPid = (line: string) => `${isRoot() ? process.pid : line.split(' ')[0]} `;
const said = () => heard.map((line) => line.replace(/^\d+ /, ''));

async function listen(): Promise<string> {
  const socket = join(dir, 'notify');
  child = spawn('python3', ['-c', manager, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await once(lines, 'line');
  lines.on('line', (line) => heard.push(line));
  return socket;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gantry-notify-'));
  heard = [];
  problems.length = 0;
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  rmSync(dir, { recursive: true, force: true });
});
const onProblem = (problem: string) => void problems.push(problem);

test('the manager hears in order that a daemon is ready, how it is, and that it stops', { skip }, async () => {
  const environment = { NOTIFY_SOCKET: await listen(), PATH: '/nowhere' };
  const notifier = openServiceNotifier({ environment, healthy: () => true, onProblem });
  assert.deepEqual(environment, { PATH: '/nowhere' }, 'children do not inherit it');
  notifier.ready('stands by');
  notifier.status('leads, term 3');
  notifier.stopping();
  await until('all is heard', () => heard.length >= 4);
  assert.deepEqual(said(), ['READY=1', 'STATUS=stands by', 'STATUS=leads, term 3', 'STOPPING=1']);
  for (const line of heard) assert.ok(line.startsWith(withPid(line)), `${line}: as root it is said in the name of process ${process.pid}`);
  assert.deepEqual(problems, []);
});

test('the heart beats while the daemon is healthy, and stops when it is not, when asking fails, and at the end', { skip }, async () => {
  const environment = { NOTIFY_SOCKET: await listen(), WATCHDOG_USEC: '300000', WATCHDOG_PID: String(process.pid) };
  let healthy: () => boolean = () => true;
  const notifier = openServiceNotifier({ environment, healthy: () => healthy(), onProblem });
  await until('it beats', () => said().filter((line) => line === 'WATCHDOG=1').length >= 3);
  const quietWhile = async (what: string, change: () => void, told: RegExp | undefined) => {
    change();
    if (told) await until(`${what} is told`, () => problems.some((problem) => told.test(problem)));
    // What was under way arrives first; then nothing, for several beats.
    await until(`silence: ${what}`, async () => {
      const before = heard.length;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return heard.length === before;
    });
  };
  await quietWhile('not healthy', () => (healthy = () => false), /does not serve any more/);
  const failing = () => {
    throw new Error('cannot look');
  };
  await quietWhile('asking fails', () => (healthy = failing), /cannot look/);
  healthy = () => true;
  const before = heard.length;
  await until('it beats again', () => heard.length > before);
  await quietWhile('stopping', () => notifier.stopping(), undefined);
});

test('no manager, or one that watches another process, hears no heartbeat', { skip }, async () => {
  const calls: string[] = [];
  const healthy = () => calls.push('asked') > 0;
  openServiceNotifier({ environment: { WATCHDOG_USEC: '30000' }, healthy, onProblem }).ready('serves');
  const socket = await listen();
  openServiceNotifier({ environment: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000', WATCHDOG_PID: '1' }, healthy, onProblem });
  openServiceNotifier({ environment: { NOTIFY_SOCKET: socket }, healthy, onProblem });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([calls, heard, problems], [[], [], []]);
});

test('a manager that cannot be told is a problem, and nothing worse', { skip }, async () => {
  openServiceNotifier({ environment: { NOTIFY_SOCKET: join(dir, 'none') }, healthy: () => true, onProblem }).ready('serves');
  await until('it is told', () => problems.length > 0);
  assert.match(problems.join(), /systemd-notify ended with 1/);
});
