import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { GantryError } from '../base/index.ts';
import type { ApiOptions } from './api-options.ts';
import { type ApiRig, reader, startApiRig, writer } from './testing/api-rig.ts';

async function withRig(options: Partial<ApiOptions>, work: (rig: ApiRig) => Promise<void>): Promise<void> {
  const rig = await startApiRig(options);
  try {
    await work(rig);
  } finally {
    await rig.close();
  }
}

/** A guest that answers in capitals, and the end of its console. */
function shoutingGuest(): { console: Duplex; closed: Promise<unknown> } {
  const console = new Duplex({
    read() {},
    write(piece: Buffer, _, done) {
      this.push(piece.toString().toUpperCase());
      done();
    },
  });
  return { console, closed: new Promise((resolve) => console.once('close', resolve)) };
}

function open({ address, ca }: ApiRig, instance: string, user?: string, headers: Record<string, string> = {}, kind = 'stream'): WebSocket {
  const authorization: Record<string, string> =
    user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const url = `wss://${address.host}:${address.port}/2/instances/${instance}/console/${kind}`;
  return new WebSocket(url, { ca, headers: { ...authorization, ...headers } });
}

/** Status and error code with which an upgrade was refused. */
async function refusal(socket: WebSocket): Promise<[number | undefined, string]> {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const body = JSON.parse(Buffer.concat(pieces).toString()) as { error: { code: string } };
  socket.on('error', () => undefined);
  socket.terminate();
  return [response.statusCode, body.error.code];
}

test('bytes pass both ways, and when the client goes the console is given back', () => {
  const guest = shoutingGuest();
  const asked: string[][] = [];
  const openConsole = async (node: string, instance: string) => {
    asked.push([node, instance]);
    return guest.console;
  };
  return withRig({ openConsole }, async (rig) => {
    const socket = open(rig, 'inst1.r5.test', writer);
    await once(socket, 'open');
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data.toString(), 'HELLO');
    const { uuid, primary_node } = rig.services.config.current.instances.find('inst1.r5.test') ?? assert.fail();
    assert.deepEqual(asked, [[primary_node, uuid]]);
    socket.close();
    await guest.closed;
  });
});

test('VNC is a console of its own, with the same rules', () => {
  const asked: unknown[] = [];
  const openConsole: ApiOptions['openConsole'] = async (_node, _instance, kind) => {
    asked.push(kind);
    return new PassThrough();
  };
  return withRig({ openConsole }, async (rig) => {
    const socket = open(rig, 'inst1.r5.test', writer, {}, 'vnc');
    await once(socket, 'open');
    socket.send('RFB');
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data.toString(), 'RFB');
    socket.terminate();
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', undefined, {}, 'vnc')), [401, 'API_UNAUTHENTICATED']);
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', reader, {}, 'vnc')), [403, 'API_FORBIDDEN']);
    assert.deepEqual(await refusal(open(rig, 'inst4.r5.test', writer, {}, 'vnc')), [503, 'API_CONSOLE_UNAVAILABLE']);
    assert.deepEqual(asked, ['vnc']);
  });
});

test('when the guest ends its console, the client sees the end', () => {
  const console = new PassThrough();
  return withRig({ openConsole: async () => console }, async (rig) => {
    const socket = open(rig, 'inst1.r5.test', writer);
    await once(socket, 'open');
    console.end();
    await once(socket, 'close');
  });
});

test('a console is refused like any other request', () =>
  withRig({ openConsole: async () => assert.fail('no console is opened') }, async (rig) => {
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test')), [401, 'API_UNAUTHENTICATED']);
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', 'admin:wrong')), [401, 'API_UNAUTHENTICATED']);
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', reader)), [403, 'API_FORBIDDEN']);
    assert.deepEqual(await refusal(open(rig, 'nobody', writer)), [404, 'API_OBJECT_UNKNOWN']);
    assert.deepEqual(await refusal(open(rig, 'inst4.r5.test', writer)), [503, 'API_CONSOLE_UNAVAILABLE']);
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', writer, { origin: 'https://evil.example' })), [403, 'API_CROSS_ORIGIN']);
  }));

test('an error of the node reaches the client', () => {
  const openConsole = async () => {
    throw new GantryError('TIMED_OUT', { subject: 'the console', seconds: 1 });
  };
  return withRig({ openConsole }, async (rig) => {
    assert.deepEqual(await refusal(open(rig, 'inst1.r5.test', writer)), [504, 'TIMED_OUT']);
  });
});

test('an upgrade of another resource is refused', () =>
  withRig({}, async (rig) => {
    const url = `wss://${rig.address.host}:${rig.address.port}/2/info`;
    const authorization = `Basic ${Buffer.from(writer).toString('base64')}`;
    const socket = new WebSocket(url, { ca: rig.ca, headers: { authorization } });
    assert.deepEqual(await refusal(socket), [404, 'API_PATH_UNKNOWN']);
  }));

test('closing the server ends open consoles', async () => {
  const guest = shoutingGuest();
  const rig = await startApiRig({ openConsole: async (): Promise<Duplex> => guest.console });
  const socket = open(rig, 'inst1.r5.test', writer);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await rig.close();
  await Promise.all([closed, guest.closed]);
});
