import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { until } from '../../../test/support/until.ts';
import type { Progress } from '../contract.ts';
import { Loopback, withCode } from '../testing/loopback.ts';
import { ConnectionLost } from './connection-problem.ts';
import { Connections } from './connections.ts';
import { type OutgoingRequest, sendRequest } from './send-request.ts';

describe('one attempt of a call', () => {
  let loopback: Loopback;
  const closers: (() => void)[] = [];
  before(async () => {
    loopback = await Loopback.create();
  });
  after(async () => {
    for (const close of closers) close();
    await loopback.close();
  });

  /** An agent whose answers the test writes, and what a request to it needs. */
  const peer = async () => {
    const { key, certificate, fingerprint } = await loopback.credentials({ role: 'node' });
    const responses: ServerResponse[] = [];
    const sockets = new Set<TLSSocket>();
    const server = createServer({ key, cert: certificate, keepAliveTimeout: 60_000 }, (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      responses.push(response);
    });
    server.on('secureConnection', (socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const target = { name: 'n1', address: '127.0.0.1', port, fingerprint };
    const connections = new Connections(await loopback.credentials({ role: 'master', name: 'master' }));
    closers.push(() => {
      connections.close();
      server.close();
      server.closeAllConnections();
    });
    const heard: Progress[] = [];
    const ask = (more: Partial<OutgoingRequest> = {}) =>
      sendRequest({
        target,
        pool: connections.pool('node-uuid', target),
        verb: 'POST',
        path: '/rpc/node-info',
        method: 'node-info',
        headers: {},
        body: '{}',
        timeouts: { connectMs: 1000, silenceMs: 3000, progressMs: 10_000 },
        signal: undefined,
        onProgress: (progress) => heard.push(progress),
        ...more,
      });
    /** The response to the n-th request, when that has come. */
    const response = (n: number) => until(`request ${n} comes`, () => responses[n]);
    const say = (to: ServerResponse, line: unknown) => to.write(`${JSON.stringify(line)}\n`);
    /** Says how far it is, and comes back when that was heard. */
    const tell = async (to: ServerResponse, text: string) => {
      say(to, { progress: { text } });
      await untilTurn(() => heard.some((progress) => progress.text === text));
    };
    return { server, sockets, target, ask, response, responses, say, tell, heard };
  };

  /** As `until`, where the timers belong to the test. */
  const untilTurn = async (isSo: () => unknown) => {
    for (let turns = 0; turns < 100_000 && !isSo(); turns++) await turn();
    assert.ok(isSo(), 'nothing came over the network');
  };
  /** Says from time to time whether the call has ended. */
  const watched = (call: Promise<unknown>) => {
    let ended = false;
    const end = () => void (ended = true);
    call.then(end, end);
    return async () => {
      await turn();
      return ended;
    };
  };
  /** Whatever the client does with bytes that were sent on this machine is done. */
  const taken = async (response: ServerResponse) => {
    await untilTurn(() => response.writableLength === 0);
    for (let turns = 0; turns < 200; turns++) await turn();
  };

  test('lets nothing of a hostile agent steer a terminal, or speak for another node', async () => {
    const { ask, response, say, heard } = await peer();
    const facts = { node: 'n7', command: '\u001b[2Jls\u009b', outcome: 'x', stderr: ['\u202e\r'] };
    const outcomes: [unknown, object][] = [
      [{ error: { code: 'COMMAND_FAILED', facts } }, { ...facts, node: 'n1', command: '\\u001b[2Jls\\u009b', stderr: ['\\u202e\\r'] }],
      [{ error: { code: 'COMMAND_FAILED', facts: ['x'] } }, { 0: 'x', node: 'n1' }],
      [{ error: { code: 'COMMAND_FAILED', facts: null } }, { node: 'n1' }],
      [{ error: { code: '\u001b[1m', what: '\u0007' } }, { detail: '\\u001b[1m: \\u0007' }],
    ];
    for (const [index, [line, expected]] of outcomes.entries()) {
      const call = ask().catch((error: { facts: object }) => error.facts);
      const answer = await response(index);
      say(answer, { progress: { text: `\u001b[2J${'x'.repeat(5000)}`, fraction: 0.5 } });
      say(answer, line);
      assert.deepEqual(await call, expected);
      answer.end();
    }
    assert.deepEqual(heard[0], { text: `\\u001b[2J${'x'.repeat(991)}`, fraction: 0.5 });
    const garbled = ask();
    (await response(outcomes.length)).write('\u009b1m no JSON\n');
    await assert.rejects(garbled, withCode('NODE_GARBLED', /not JSON: \\u009b1m/));
  });

  test('has a limit for the connection, which is over when it stands; then for silence; then for want of progress', async (t) => {
    const { ask, responses, tell } = await peer();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const call = ask();
    const hasEnded = watched(call);
    const outcome = assert.rejects(call, withCode('NODE_TIMED_OUT', /node-info for 3 s/));
    await untilTurn(() => responses.length === 1);
    const [response] = responses as [ServerResponse];
    await tell(response, 'one');
    t.mock.timers.tick(2999);
    assert.equal(await hasEnded(), false, 'neither the connection nor the silence took too long');
    await tell(response, 'two');
    t.mock.timers.tick(2999);
    assert.equal(await hasEnded(), false, 'it began anew');
    t.mock.timers.tick(1);
    assert.equal(await hasEnded(), true);
    await outcome;
  });

  test('has the same limits on a connection that stands already', async (t) => {
    const { ask, response, responses, say, tell } = await peer();
    const first = ask();
    say(await response(0), { result: 1 });
    responses[0]?.end();
    assert.equal(await first, 1);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const call = ask();
    const hasEnded = watched(call);
    const outcome = assert.rejects(call, withCode('NODE_TIMED_OUT', /node-info for 3 s/));
    await untilTurn(() => responses.length === 2);
    t.mock.timers.tick(2999);
    assert.equal(await hasEnded(), false);
    await tell(responses[1] as ServerResponse, 'one');
    t.mock.timers.tick(3000);
    await outcome;
  });

  test('is not kept up by an agent that only says that it is alive', async (t) => {
    const { ask, responses, say, tell } = await peer();
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const alone = ask({ timeouts: { connectMs: 1000, silenceMs: 4000, progressMs: 10_000 } });
    const hasEnded = watched(alone);
    const outcome = assert.rejects(alone, withCode('NODE_TIMED_OUT', /node-info for 10 s/));
    await untilTurn(() => responses.length === 1);
    const [response] = responses as [ServerResponse];
    await tell(response, 'begun');
    for (let second = 0; second < 9; second += 3) {
      t.mock.timers.tick(3000);
      say(response, { alive: true });
      await taken(response);
    }
    assert.equal(await hasEnded(), false);
    t.mock.timers.tick(1000);
    await outcome;
  });

  test('leaves neither timers nor listeners behind, whatever comes after the answer', async () => {
    const { ask, response, say, sockets } = await peer();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { signal } = new AbortController();
    const call = ask({ signal, timeouts: { connectMs: 100_000, silenceMs: 100_000, progressMs: 100_000 } });
    const answer = await response(0);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    say(answer, { result: { a: 1 } });
    assert.deepEqual(await call, { a: 1 });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    say(answer, { alive: true });
    answer.end();
    await once(answer, 'close');
    for (const socket of sockets) socket.end();
    await until('the connection is closed', () => [...sockets].every(({ destroyed }) => destroyed));
    await until('no timer is left', () => timers() <= before, { seconds: 5 });
  });

  test('hears nothing that comes behind the answer', async () => {
    const { ask, response, heard } = await peer();
    const call = ask();
    const answer = await response(0);
    const lines = [{ progress: { text: 'before' } }, { result: 1 }, { progress: { text: 'behind' } }];
    answer.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    assert.equal(await call, 1);
    await once(answer, 'close');
    await turn();
    assert.deepEqual(heard, [{ text: 'before' }]);
  });

  test('ends with the reason of its signal when that is one of ours, also before it begins', async () => {
    const { ask, response, responses } = await peer();
    const abort = new AbortController();
    const running = ask({ signal: abort.signal });
    await response(0);
    const begun = assert.rejects(running, withCode('CANCELLED', /node-info on node n1/));
    abort.abort(new Error('a reason of somebody else'));
    await begun;
    await assert.rejects(ask({ signal: abort.signal }), withCode('CANCELLED', /node-info on node n1/));
    assert.equal(responses.length, 1, 'nothing was sent');
  });

  test('tells one who hangs up after the handshake from one who hangs up later, or on a connection that stood', async () => {
    const { ask, response, responses, say, sockets } = await peer();
    const lost = (afterHandshake: boolean) => (error: unknown) => {
      assert.ok(error instanceof ConnectionLost, String(error));
      assert.equal(error.afterHandshake, afterHandshake);
      return true;
    };
    const hangUp = () => sockets.forEach((socket: Socket) => socket.destroy());
    const silent = assert.rejects(ask(), lost(true));
    // Headers are sent with the first line.
    await response(0);
    hangUp();
    await silent;
    const begun = ask();
    const late = assert.rejects(begun, lost(false));
    const spoken = await response(1);
    say(spoken, { alive: true });
    await taken(spoken);
    hangUp();
    await late;
    const whole = ask();
    say(await response(2), { result: 1 });
    responses[2]?.end();
    assert.equal(await whole, 1);
    const reused = assert.rejects(ask(), lost(false));
    await response(3);
    hangUp();
    await reused;
  });
});
