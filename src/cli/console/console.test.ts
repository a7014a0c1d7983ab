import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
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
  assert.match(terminal.text(), /<\u0003>[\s\S]*Left web1; it goes on\./);
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
  assert.match(stderr, /Connected to web1\.\r\n\r\nLeft web1/);
  const ended = await runGantry(['instance', 'console', 'web1', '--linger', '60'], cluster.env, 'bye');
  assert.match(ended.stderr, /The console of web1 has ended\./);
});

test('a refusal is shown in the words of the cluster', async () => {
  const { code, stderr } = await runGantry(['instance', 'console', 'inst4.r5.test'], cluster.env);
  assert.equal(code, 5);
  assert.match(stderr, /API_CONSOLE_UNAVAILABLE: No console\.\n {2}why: {2}It is down\./);
});

async function childOf(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0]);
}
