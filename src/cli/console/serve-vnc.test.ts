import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { localPeer } from './local-peer.ts';
import { serveVnc, type VncOptions } from './serve-vnc.ts';

async function served(more: Partial<VncOptions> = {}) {
  const abort = new AbortController();
  const sessions: Duplex[] = [];
  const notes: string[] = [];
  const noted = new Map<string, () => void>();
  const listening = Promise.withResolvers<string>();
  const ended = serveVnc({
    instance: 'web1',
    listen: 0,
    open: async () => {
      const [near, far] = duplexPair();
      sessions.push(far);
      return near;
    },
    onListening: listening.resolve,
    onNote: (text) => {
      notes.push(text);
      noted.get(text)?.();
    },
    signal: abort.signal,
    ...more,
  });
  ended.catch(listening.reject);
  const place = await listening.promise;
  return {
    place,
    sessions,
    notes,
    ended,
    stop: () => abort.abort(),
    note: (text: string) => (notes.includes(text) ? undefined : new Promise<void>((resolve) => noted.set(text, resolve))),
    connect: () => connect(Number(place.split(':')[1]), '127.0.0.1'),
  };
}

const read = async (stream: Duplex | Socket): Promise<string> => String((await once(stream, 'data'))[0]);

test('bytes go both ways, and the end of either side ends both', async () => {
  const vnc = await served();
  assert.match(vnc.place, /^127\.0\.0\.1:\d+$/);
  for (const who of ['viewer', 'session'] as const) {
    vnc.notes.length = 0;
    const viewer = vnc.connect();
    viewer.write('hello');
    await vnc.note('A viewer is connected.');
    const session = vnc.sessions.at(-1) as Duplex;
    assert.equal(await read(session), 'hello');
    session.write('RFB');
    assert.equal(await read(viewer), 'RFB');
    const [viewerClosed, left] = [once(viewer, 'close'), vnc.note('The viewer has disconnected.')];
    if (who === 'viewer') viewer.end();
    else session.end();
    await Promise.all([viewerClosed, left]);
    assert.deepEqual(vnc.notes, ['A viewer is connected.', 'The viewer has disconnected.']);
  }
  vnc.stop();
  await vnc.ended;
});

test('a session that cannot be opened is told, the viewer is sent away, others are served', async () => {
  let fails = true;
  const [near] = duplexPair();
  const vnc = await served({
    open: async () => {
      if (fails) throw new Error('it is down');
      return near;
    },
  });
  const viewer = vnc.connect();
  await Promise.all([once(viewer, 'close'), vnc.note('it is down')]);
  fails = false;
  const other = vnc.connect();
  await vnc.note('A viewer is connected.');
  const closed = once(other, 'close');
  vnc.stop();
  await Promise.all([closed, vnc.ended]);
});

test('nothing is served after the end, however early that was', async () => {
  const vnc = await served({ signal: AbortSignal.abort() });
  await vnc.ended;
  const [error] = (await once(vnc.connect(), 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a socket is for its user alone; a place that is taken is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-serve-'));
  const path = join(folder, 'vnc');
  const mask = process.umask();
  const vnc = await served({ listen: path });
  assert.equal(vnc.place, path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(process.umask(), mask);
  await assert.rejects(served({ listen: path }), { code: 'CLI_CONSOLE_UNAVAILABLE', message: /web1.*EADDRINUSE/ });
  vnc.stop();
  await vnc.ended;
  await rm(folder, { recursive: true });
});

test('whose process is at the other end of a connection is known to the kernel', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  assert.equal(await localPeer(accepted), process.getuid?.());
  assert.equal(await localPeer({ localPort: accepted.localPort, remotePort: 1 }), undefined);
  assert.equal(await localPeer({ localPort: undefined, remotePort: undefined }), undefined);
  client.destroy();
  server.close();
});
