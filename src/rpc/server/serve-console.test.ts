import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { GantryError, version } from '../../base/index.ts';
import type { ConsoleKind } from '../../model/index.ts';
import { Loopback, withCode } from '../testing/loopback.ts';
import { consolePath, heartbeatMs } from '../wire.ts';
import type { RpcServerOptions } from './rpc-server.ts';

const list = async () => [];
const node = 'node-uuid';

const upgradeRequest = (path: string) => {
  const websocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==';
  return `GET ${path} HTTP/1.1\r\nHost: n1\r\n${websocket}\r\n\r\n`;
};

describe('console', () => {
  let loopback: Loopback;
  before(async () => {
    loopback = await Loopback.create();
  });
  after(() => loopback.close());

  /** An agent all of whose instances have consoles; `lines` are the agent's ends of them, `guests` the other ones. */
  const withLines = async (more: Partial<RpcServerOptions> = {}) => {
    const lines: Duplex[] = [];
    const guests: Duplex[] = [];
    const asked: [string, ConsoleKind][] = [];
    const openConsole = async (uuid: string, kind: ConsoleKind) => {
      const [line, guest] = duplexPair();
      asked.push([uuid, kind]);
      lines.push(line);
      guests.push(guest);
      return line;
    };
    const agent = await loopback.agent(list, { openConsole, ...more });
    return { agent, asked, lines, guests, client: await loopback.client(agent.target) };
  };

  /** The bytes of an upgrade request on a TLS connection of a master, for what no client does. */
  const upgrading = async (port: number, path: string) => {
    const { key, certificate, ca } = await loopback.credentials({ role: 'master', name: 'master' });
    const plain = connect(port, '127.0.0.1');
    const socket = connectTls({ socket: plain, key, cert: certificate, ca, checkServerIdentity: () => undefined });
    for (const each of [plain, socket]) each.on('error', () => each.destroy());
    await once(socket, 'secureConnect');
    socket.write(upgradeRequest(path));
    return { plain, socket };
  };

  it('carries bytes both ways, unchanged, until one side closes', async () => {
    const { asked, guests, client } = await withLines();
    const console = await client.openConsole(node, 'instance-1');
    const [guest] = guests as [Duplex];
    guest.write(Buffer.from([0, 255, 13, 10]));
    const [shown] = await once(console, 'data');
    assert.deepEqual(shown, Buffer.from([0, 255, 13, 10]));
    assert.deepEqual(asked, [['instance-1', 'serial']]);
    console.write('root\n');
    const [typed] = await once(guest, 'data');
    assert.equal(String(typed), 'root\n');
    guest.end();
    await once(console, 'close');
  });

  it('shows what the line says before anybody could listen', async () => {
    const [line, guest] = duplexPair();
    guest.write('login: ');
    const agent = await loopback.agent(list, { openConsole: async () => line });
    const client = await loopback.client(agent.target);
    const console = await client.openConsole(node, 'i');
    assert.equal(String((await once(console, 'data'))[0]), 'login: ');
    console.destroy();
  });

  it('is tidied up when either side ends: the line is closed, the session told', async () => {
    const { log, lines: told } = heardLog();
    const { agent, lines, client } = await withLines({ log });
    const closings = () =>
      told.filter(({ text }) => text === 'console closed').map(({ level, facts }) => [level, facts['instance'], facts['problem']]);
    const first = await client.openConsole(node, 'i');
    first.destroy();
    await until('the line is closed', () => lines[0]?.destroyed);
    await until('that is told', () => closings().length === 1);
    const second = await until('the console is free', () => client.openConsole(node, 'j').catch(() => undefined));
    lines[1]?.destroy(new Error('QEMU is gone'));
    await once(second.resume(), 'close');
    await until('that is told', () => closings().length === 2);
    assert.deepEqual(
      closings().map(([level, instance]) => [level, instance]),
      [
        ['debug', 'i'],
        ['debug', 'j'],
      ],
    );
    assert.equal(closings()[1]?.[2], 'QEMU is gone');
    await until('the connections are gone', () => agent.server.callers().length === 0);
  });

  it('has one session on a serial line; it is free again when that ends', async () => {
    const { lines, client } = await withLines();
    const first = await client.openConsole(node, 'i');
    await assert.rejects(client.openConsole(node, 'i'), (error: GantryError) => {
      assert.deepEqual([error.code, error.facts], ['CONSOLE_BUSY', { instance: 'i', kind: 'serial' }]);
      return true;
    });
    const closed = once(lines[0] as Duplex, 'close');
    first.destroy();
    await closed;
    const second = await until('the console is free', () => client.openConsole(node, 'i').catch(() => undefined));
    await assert.rejects(client.openConsole(node, 'i'), withCode('CONSOLE_BUSY'));
    second.destroy();
  });

  it('has at most eight viewers of a screen, counted for each instance and apart from its serial line', async () => {
    const { asked, client } = await withLines();
    const viewers: Duplex[] = [];
    const view = async (instance: string, kind: ConsoleKind = 'vnc') => {
      const viewer = await client.openConsole(node, instance, kind);
      viewers.push(viewer.on('error', () => viewer.destroy()).resume());
      return viewer;
    };
    for (let count = 0; count < 8; count++) await view('i');
    await assert.rejects(view('i'), withCode('CONSOLE_BUSY', /i/));
    await view('j');
    await view('i', 'serial');
    assert.deepEqual(asked.slice(7), [
      ['i', 'vnc'],
      ['j', 'vnc'],
      ['i', 'serial'],
    ]);
    viewers[0]?.destroy();
    await until('a viewer is let in again', () => view('i').catch(() => undefined));
    await assert.rejects(view('i'), withCode('CONSOLE_BUSY'), 'there is room for one, not for nine');
    for (const viewer of viewers) viewer.destroy();
  });

  it('says why there is none, frees its place, and refuses strangers', async () => {
    const agent = await loopback.agent(list);
    const client = await loopback.client(agent.target);
    for (let attempt = 0; attempt < 2; attempt++)
      await assert.rejects(client.openConsole(node, 'i'), withCode('CONSOLE_MISSING', /a test/));
    const nodeCertificate = await loopback.credentials({ role: 'node', name: 'n2' });
    const stranger = await loopback.client(agent.target, { credentials: nodeCertificate });
    await assert.rejects(stranger.openConsole(node, 'i'), withCode('RPC_CALLER_REFUSED'));
  });

  it('ends with its agent, which waits for nobody', async () => {
    const { agent, lines, client } = await withLines();
    const [serial, screen] = [await client.openConsole(node, 'i'), await client.openConsole(node, 'i', 'vnc')];
    const ends = [serial, screen].map((each) => once(each.on('error', () => each.destroy()).resume(), 'close'));
    await agent.server.close();
    await Promise.all(ends);
    await until('the lines are closed', () => lines.every(({ destroyed }) => destroyed));
    assert.deepEqual(agent.server.callers(), []);
  });

  it('is not opened on a connection from before a reload, though it was busy then', async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<[]>();
    const opened: string[] = [];
    const agent = await loopback.agent(() => (begun.resolve(), gate.promise), {
      openConsole: async (uuid) => (opened.push(uuid), duplexPair()[0]),
    });
    const { key, certificate, ca } = await loopback.credentials({ role: 'master', name: 'master' });
    const socket = connectTls({ port: agent.port, host: '127.0.0.1', key, cert: certificate, ca, checkServerIdentity: () => undefined });
    let heard = '';
    socket.on('error', () => socket.destroy()).on('data', (bytes) => (heard += String(bytes)));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'secureConnect');
    socket.write('POST /rpc/instance-list HTTP/1.1\r\nHost: n1\r\nContent-Length: 2\r\n\r\n{}');
    await begun.promise;
    agent.server.reload(agent.credentials);
    gate.resolve([]);
    await until('the call is answered', () => heard.includes('result'));
    socket.write(upgradeRequest(consolePath('i', 'serial')));
    await closed;
    assert.deepEqual([opened, heard.includes('HTTP/1.1 101')], [[], false]);
  });

  it('that is being opened when its agent ends is not opened', async () => {
    const [line] = duplexPair();
    const gate = Promise.withResolvers<Duplex>();
    const asked = Promise.withResolvers<void>();
    const agent = await loopback.agent(list, { openConsole: () => (asked.resolve(), gate.promise) });
    const client = await loopback.client(agent.target);
    const refused = assert.rejects(client.openConsole(node, 'i'), withCode('NODE_UNREACHABLE'));
    await asked.promise;
    await agent.server.close();
    await refused;
    gate.resolve(line);
    await until('the line is closed', () => line.destroyed);
  });

  it('that nobody wants any more when it is open is closed, and free for the next', async () => {
    const { log, lines: told } = heardLog();
    const gate = Promise.withResolvers<void>();
    const lines: Duplex[] = [];
    const agent = await loopback.agent(list, {
      log,
      openConsole: async () => {
        const [line] = duplexPair();
        lines.push(line);
        await gate.promise;
        return line;
      },
    });
    const { plain } = await upgrading(agent.port, consolePath('i', 'serial'));
    await until('the line is asked for', () => lines.length === 1);
    plain.resetAndDestroy();
    await until('the connection is gone', () => agent.server.callers().length === 0);
    assert.deepEqual(
      told.filter(({ text }) => text === 'a console connection broke').map(({ level }) => level),
      ['debug'],
    );
    gate.resolve();
    await until('the line is closed', () => lines[0]?.destroyed);
    const client = await loopback.client(agent.target);
    (await client.openConsole(node, 'i')).destroy();
  });

  it('that cannot be opened for somebody who is gone troubles nobody', async () => {
    const gate = Promise.withResolvers<Duplex>();
    const asked = Promise.withResolvers<void>();
    const agent = await loopback.agent(list, { openConsole: () => (asked.resolve(), gate.promise) });
    const { plain } = await upgrading(agent.port, consolePath('i', 'serial'));
    await asked.promise;
    plain.destroy();
    await until('the connection is gone', () => agent.server.callers().length === 0);
    gate.reject(new GantryError('CONSOLE_MISSING', { instance: 'i', problem: 'it is off' }));
    assert.deepEqual(await (await loopback.client(agent.target)).call(node, 'instance-list', {}), []);
  });

  for (const path of ['/rpc/console', '/rpc/console/', '/rpc/shell/i', '/rpc/console/i/j', '/rpc/vnc/%2e', '/console/i']) {
    it(`is no other path: ${path}`, async () => {
      const { agent, asked } = await withLines();
      const { socket } = await upgrading(agent.port, path);
      const answer = await new Promise<string>((resolve) => {
        let all = '';
        socket.on('data', (bytes) => (all += String(bytes))).once('close', () => resolve(all));
      });
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      assert.match(head, /^HTTP\/1\.1 404 Refused\r\n/);
      assert.match(head, new RegExp(`content-type: application/x-ndjson\r\ncontent-length: ${body.length}\r\nconnection: close$`));
      const { error } = JSON.parse(body) as { error: { code: string; facts: unknown } };
      assert.deepEqual([error.code, error.facts], ['RPC_METHOD_UNKNOWN', { method: path, version }]);
      assert.deepEqual(asked, []);
    });
  }

  it('of a client that does not answer ends, and of one that answers goes on', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const { agent, guests } = await withLines();
    const pool = await loopback.pool({});
    const open = async (instance: string, autoPong: boolean) => {
      const url = `wss://127.0.0.1:${agent.port}${consolePath(instance, 'serial')}`;
      const session = new WebSocket(url, { agent: pool, autoPong });
      session.on('error', () => session.terminate());
      await once(session, 'open');
      return session;
    };
    const [dumb, lively] = [await open('dumb', false), await open('lively', true)];
    const ended: string[] = [];
    for (const [name, session] of [
      ['dumb', dumb],
      ['lively', lively],
    ] as const)
      session.once('close', () => ended.push(name));
    for (let round = 0; round < 3; round++) {
      const asked = once(lively, 'ping');
      t.mock.timers.tick(2 * heartbeatMs - 1);
      t.mock.timers.tick(1);
      await asked;
      // Behind the pong on the same connection.
      lively.send('still here');
      await once(guests[1] as Duplex, 'data');
    }
    await until('the dumb one is gone', () => ended.length > 0);
    assert.deepEqual(ended, ['dumb']);
    lively.terminate();
    await until('the other is gone, too', () => ended.length === 2);
  });
});
