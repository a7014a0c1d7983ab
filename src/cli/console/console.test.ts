import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../../test/support/until.ts';
import { run } from '../../base/index.ts';
import { type FakeCluster, startFakeCluster } from '../testing/fake-cluster.ts';
import { gantryCommand, runGantry } from '../testing/run-gantry.ts';
import { openTerminal, runInTerminal } from '../testing/terminal.ts';

let cluster: FakeCluster;
let consoles: WebSocketServer;
const opened = new Set<WebSocket>();

before(async () => {
  cluster = await startFakeCluster();
  consoles = new WebSocketServer({ noServer: true });
  cluster.server.on('upgrade', (request, socket, head) => {
    if (request.url === '/2/instances/web1/console/vnc' && request.headers.authorization) {
      consoles.handleUpgrade(request, socket, head, (webSocket) => {
        opened.add(webSocket);
        webSocket.send(Buffer.from('RFB 003.008\n'));
        webSocket.on('message', (bytes: Buffer) => webSocket.send(Buffer.from(`<${bytes.toString()}>`)));
      });
      return;
    }
    if (request.url !== '/2/instances/web1/console/stream' || !request.headers.authorization) {
      const error = { code: 'API_CONSOLE_UNAVAILABLE', what: 'No console.', why: 'It is down.', todo: 'Start it.', facts: {} };
      const body = JSON.stringify({ code: 503, message: 'x', explain: 'y', error });
      socket.end(`HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return;
    }
    consoles.handleUpgrade(request, socket, head, (webSocket) => {
      opened.add(webSocket);
      webSocket.send(Buffer.from('login: '));
      webSocket.on('message', (bytes: Buffer) => {
        // A guest that says what it was told, and hangs up at "bye".
        webSocket.send(Buffer.from(`<${bytes.toString()}>`));
        if (bytes.toString().includes('bye')) webSocket.close();
      });
    });
  });
});
after(async () => {
  for (const webSocket of opened) webSocket.terminate();
  await cluster.close();
});

test('what is typed goes to the guest byte by byte, Ctrl-] leaves', async () => {
  const terminal = openTerminal(['instance', 'console', 'web1'], cluster.env);
  await terminal.until(/Connected to web1\. Leave with Ctrl-\]/);
  await terminal.until(/login: /);
  terminal.type('\u0003');
  await terminal.until(/<\u0003>/);
  terminal.type('a\u001d');
  assert.equal(await terminal.exit, 0);
  assert.match(terminal.text(), /<\u0003>[\s\S]*Left the console; web1 keeps running\./);
});

const isQuery = ({ path }: { path: string }) => path === '/2/instances/web1';

test('a console goes on where the instance was moved to', async () => {
  let pnode = 'node1';
  cluster.seen.length = 0;
  cluster.on('GET /2/instances/web1', () => ({ name: 'web1', pnode, oper_state: true, admin_state: 'up' }));
  const terminal = openTerminal(['instance', 'console', 'web1'], cluster.env);
  await terminal.until(/login: /);
  // The console does not wait for the answer where the instance runs; it moves long after that.
  await until('it asks where the instance runs', () => cluster.seen.some(isQuery));
  pnode = 'node2';
  terminal.type('bye');
  await terminal.until(/web1 has moved to node2\.[\s\S]*Connected to web1[\s\S]*login: /);
  terminal.type('again');
  await terminal.until(/<again>/);
  terminal.type('\u001d');
  assert.equal(await terminal.exit, 0);
  assert.match(terminal.text(), /Left the console; web1 keeps running\./);
  cluster.on('GET /2/instances/web1', () => ({ name: 'web1', pnode, oper_state: false, admin_state: 'down' }));
  const stopped = openTerminal(['instance', 'console', 'web1'], cluster.env);
  await stopped.until(/login: /);
  stopped.type('bye');
  assert.equal(await stopped.exit, 0);
  assert.match(stopped.text(), /The console of web1 has ended: the instance stopped/);
});

test('a console does not wait for what else is asked of the cluster', { timeout: 25_000 }, async () => {
  cluster.seen.length = 0;
  // It never answers, and the command would wait half a minute for it.
  cluster.on('GET /2/instances/web1', () => new Promise(() => undefined));
  const piped = await runGantry(['instance', 'console', 'web1', '--linger', '0.3'], cluster.env, 'uname -a\n');
  assert.deepEqual([piped.code, piped.stdout], [0, 'login: <uname -a\n>']);
  assert.ok(!cluster.seen.some(isQuery), 'without a terminal nobody follows it to another node');
  const terminal = openTerminal(['instance', 'console', 'web1'], cluster.env);
  await terminal.until(/login: /);
  terminal.type('\u0003');
  await terminal.until(/<\u0003>/);
  await until('it asks where the instance runs', () => cluster.seen.some(isQuery));
  terminal.type('\u001d');
  assert.equal(await terminal.exit, 0);
  cluster.on('GET /2/instances/web1', () => ({ name: 'web1', pnode: 'node1', oper_state: false, admin_state: 'down' }));
});

test('the terminal is as it was after leaving, after the guest hangs up, and after being killed', async () => {
  const [node, main] = gantryCommand;
  const script = `'${node}' '${main}' instance console web1; stty -a`;
  for (const end of ['escape', 'bye', 'kill'] as const) {
    const terminal = runInTerminal('bash', ['-c', script], cluster.env);
    await terminal.until(/login: /);
    if (end === 'escape') terminal.type('\u001d');
    if (end === 'bye') terminal.type('bye');
    if (end === 'kill') process.kill(await childOf(terminal.pid), 'SIGTERM');
    assert.equal(await terminal.exit, 0);
    assert.match(terminal.text(), /[^-]icanon/, end);
    assert.match(terminal.text(), /[^-]echo /, end);
  }
});

test('without a terminal the input is sent and the output printed until it is silent', async () => {
  const { code, stdout, stderr } = await runGantry(['instance', 'console', 'web1', '--linger', '0.3'], cluster.env, 'uname -a\n');
  assert.equal(code, 0);
  assert.equal(stdout, 'login: <uname -a\n>');
  assert.match(stderr, /Connected to web1\.\r\n\r\nLeft the console; web1 keeps running/);
  const ended = await runGantry(['instance', 'console', 'web1', '--linger', '60'], cluster.env, 'bye');
  assert.match(
    ended.stderr,
    /The console of web1 has ended: the instance stopped, or it moved to another node\. If it runs, connect again\./,
  );
});

test('a refusal is shown in the words of the cluster', async () => {
  const { code, stderr } = await runGantry(['instance', 'console', 'inst4.r5.test'], cluster.env);
  assert.equal(code, 5);
  assert.match(stderr, /API_CONSOLE_UNAVAILABLE: No console\.\n {2}why: {2}It is down\./);
});

/** Runs `gantry instance console --vnc` until `work` is done with the place where it serves. */
async function withVnc(args: readonly string[], work: (place: string, child: ChildProcess) => Promise<void>): Promise<string> {
  const [node, main = ''] = gantryCommand;
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, 'instance', 'console', 'web1', '--vnc', ...args], {
    env: { ...process.env, ...cluster.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let notes = '';
  child.stderr.on('data', (piece: Buffer) => (notes += piece.toString()));
  const [place] = (await once(child.stdout, 'data')) as [Buffer];
  await work(place.toString().trim(), child);
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await exit, [0, null], notes);
  return notes;
}

/** What a viewer sees that says hello. */
async function view(target: NetConnectOpts): Promise<string> {
  const socket = connect(target);
  let seen = '';
  socket.on('data', (piece: Buffer) => {
    seen += piece.toString();
    if (seen === 'RFB 003.008\n') socket.write('hello');
    if (seen.endsWith('>')) socket.end();
  });
  await once(socket, 'close');
  return seen;
}

test('VNC is served on a port of this machine, to each viewer with a session of its own', async () => {
  const notes = await withVnc([], async (place) => {
    const [host, port] = place.split(':');
    assert.equal(host, '127.0.0.1');
    const target = { host, port: Number(port) };
    assert.deepEqual(await Promise.all([view(target), view(target)]), ['RFB 003.008\n<hello>', 'RFB 003.008\n<hello>']);
  });
  assert.match(notes, /VNC of web1 is served at 127\.0\.0\.1:\d+ until Ctrl-C; the address for a viewer is 127\.0\.0\.1::\d+\./);
});

test('VNC is served on a unix socket of the user alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-vnc-'));
  const path = join(folder, 'web1');
  await withVnc(['--listen', path], async () => {
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(await view({ path }), 'RFB 003.008\n<hello>');
  });
  await rm(folder, { recursive: true });
});

test('a viewer of another user gets nothing', { skip: process.getuid?.() !== 0 && 'only root can be another user' }, () =>
  withVnc([], async (place) => {
    const port = place.split(':')[1] ?? '';
    const args = ['--reuid=65534', '--regid=65534', '--clear-groups', 'bash', '-c', `cat < /dev/tcp/127.0.0.1/${port}`];
    const { stdout } = await run('setpriv', args, { okCodes: [0, 1] });
    assert.equal(stdout, '');
  }).then((notes) => assert.match(notes, /A viewer of another user was refused\./)),
);

test('VNC that there is none of, and options that do not fit, are told at once', async () => {
  const none = await runGantry(['instance', 'console', '--vnc', 'inst4.r5.test'], cluster.env);
  assert.equal(none.code, 5);
  assert.match(none.stderr, /API_CONSOLE_UNAVAILABLE/);
  for (const args of [
    ['--listen', '5901'],
    ['--vnc', '--linger', '1'],
    ['--vnc', '--listen', '70000'],
  ]) {
    assert.equal((await runGantry(['instance', 'console', 'web1', ...args], cluster.env)).code, 2, args.join(' '));
  }
});

async function childOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0]);
}
