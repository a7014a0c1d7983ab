import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type Clock, GantryError, systemClock } from '../../base/index.ts';
import type { DiskSpec, InstanceSpec } from '../contract.ts';
import type { CallContext, RpcCall } from '../rpc-dispatcher.ts';
import { Loopback, withCode } from '../testing/loopback.ts';
import { createNodeClient } from './node-client.ts';

const disk: DiskSpec = { uuid: 'd', dev_type: 'file', size: 1, mode: 'rw', format: 'raw', logical_id: [], params: {} };
const diskParams = { disk, instance: { uuid: 'i', name: 'web1' } };
const node = 'node-uuid';

describe('node client', () => {
  let loopback: Loopback;
  const servers: Server[] = [];
  before(async () => {
    loopback = await Loopback.create();
  });
  after(async () => {
    await loopback.close();
    for (const server of servers) server.close();
  });

  const answering = async (answer: (call: RpcCall, context: CallContext) => Promise<unknown>, more = {}) => {
    const agent = await loopback.agent(answer, { heartbeatMs: 50 });
    return { agent, client: await loopback.client(agent.target, more) };
  };

  /** A TLS server with the node's own certificate that speaks whatever it likes. */
  const strangeAgent = async (reply: (socket: Socket, request: string) => void) => {
    const credentials = await loopback.credentials({ role: 'node' });
    const server = createHttpsServer({ key: credentials.key, cert: credentials.certificate });
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', (bytes) => reply(socket, String(bytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    return { name: 'n1', address: '127.0.0.1', port, fingerprint: credentials.fingerprint };
  };
  const http = (type: string, body: string) => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  it('carries parameters, term and step id there, and the result back', async () => {
    const seen: RpcCall[] = [];
    const { client } = await answering(async (call) => {
      seen.push(call);
      return { changed: true };
    });
    assert.deepEqual(await client.call(node, 'disk-create', diskParams, { stepId: 'job 7/ü' }), { changed: true });
    assert.deepEqual(seen, [{ method: 'disk-create', params: diskParams, term: 1, stepId: 'job 7/ü' }]);
  });

  it('hands on the error that the agent reports, with the name of the node', async () => {
    const { client } = await answering(async () => {
      throw new GantryError('STORAGE_FULL', { subject: 'disk', directory: '/srv', needed: 5, free: 1 });
    });
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's' }), (error: GantryError) => {
      assert.equal(error.code, 'STORAGE_FULL');
      assert.equal(error.facts['node'], 'n1');
      return true;
    });
  });

  it('delivers thousands of progress lines in order before the result', async () => {
    const { client } = await answering(async (_call, { progress }) => {
      for (let index = 0; index < 5000; index++) {
        progress({ text: `line ${index} ${'x'.repeat(200)}`, fraction: index / 5000 });
        if (index % 100 === 0) await new Promise(setImmediate);
      }
      return { log: 'ü'.repeat(2_000_000) };
    });
    const seen: number[] = [];
    const instance: InstanceSpec = {
      ...({ uuid: 'i', name: 'web1', hypervisor: 'fake', os: 'tiny', memory: 1, min_memory: 1, vcpus: 1, hvparams: {} } as const),
      ...({ osparams: {}, disk_template: 'diskless', network_port: null } as const),
      disks: [],
      nics: [],
    };
    const { log } = await client.call(
      node,
      'os-install',
      { instance, reinstall: false, debug: 0 },
      { stepId: 's', onProgress: ({ fraction }) => seen.push(fraction ?? 0) },
    );
    assert.equal(log.length, 2_000_000);
    assert.ok(seen.length > 50);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), 4999 / 5000);
  });

  it('times out on an agent that is alive but makes no progress, and cancels the step', async () => {
    const { agent, client } = await answering(() => new Promise(() => {}), { progressTimeoutMs: 300, silenceMs: 200 });
    await assert.rejects(
      client.call(node, 'disk-create', diskParams, { stepId: 'stuck' }),
      withCode('NODE_TIMED_OUT', /disk-create for 0.3 s/),
    );
    await until('the call is cancelled', () => agent.cancelled.length > 0);
    assert.deepEqual(agent.cancelled, ['stuck']);
  });

  it('times out on an agent that falls silent', async () => {
    const target = await strangeAgent(() => {});
    const client = await loopback.client(target, { silenceMs: 200 });
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_TIMED_OUT', /0.2 s/));
  });

  it('does not time out while there is progress', async () => {
    const { client } = await answering(
      async (_call, { progress }) => {
        for (let index = 0; index < 8; index++) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          progress({ text: 'on it' });
        }
        return { changed: false };
      },
      { progressTimeoutMs: 250 },
    );
    assert.deepEqual(await client.call(node, 'disk-remove', diskParams, { stepId: 's' }), { changed: false });
  });

  for (const [what, reply] of [
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n'],
    ['a web page', http('text/html', '<html>')],
    ['lines that are not JSON', http('application/x-ndjson', '{"result":\n')],
    ['lines of an unknown kind', http('application/x-ndjson', '{"hello":1}\n')],
    ['null', http('application/x-ndjson', 'null\n')],
    ['a number', http('application/x-ndjson', '7\n')],
    ['progress without a text', http('application/x-ndjson', '{"progress":{"fraction":1}}\n')],
    ['progress of nothing', http('application/x-ndjson', '{"progress":null}\n')],
    ['an error without a code', http('application/x-ndjson', '{"error":{"what":"no"}}\n')],
    ['an error of nothing', http('application/x-ndjson', '{"error":null}\n')],
    ['a result of the wrong shape', http('application/x-ndjson', '{"result":{"changed":"yes"}}\n')],
  ] as const) {
    it(`calls ${what} garbled`, async () => {
      const target = await strangeAgent((socket) => socket.end(reply));
      const client = await loopback.client(target);
      await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('NODE_GARBLED'));
    });
  }

  for (const [what, lines, expected] of [
    ['null', 'null\n', /not an object: null/],
    ['a number', '7\n', /not an object: 7/],
    ['no JSON', `${'x'.repeat(100)}\n`, /not JSON: x{80}(?!x)/],
    ['an unknown line', '{"hello":1}\n', /an unknown line: \{"hello":1\}/],
    ['progress without a text', '{"progress":{}}\n', /progress without a text/],
  ] as const) {
    it(`says what it found in place of an answer: ${what}`, async () => {
      const target = await strangeAgent((socket) => socket.end(http('application/x-ndjson', lines)));
      const client = await loopback.client(target);
      await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_GARBLED', expected));
    });
  }

  for (const code of ['constructor', 'toString', '__proto__', 'NOT_KNOWN']) {
    it(`ends with an error whose code is ${code}`, async () => {
      const error = JSON.stringify({ error: { code, what: 'w', why: '', todo: '', facts: {} } });
      const target = await strangeAgent((socket) => socket.end(http('application/x-ndjson', `${error}\n`)));
      const client = await loopback.client(target);
      await assert.rejects(client.call(node, 'node-info', {}), withCode('INTERNAL'));
    });
  }

  it('stops reading a line that has no end', async () => {
    const target = await strangeAgent((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n');
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let mebibytes = 0; mebibytes < 33; mebibytes++) socket.write(piece);
    });
    const client = await loopback.client(target);
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_GARBLED', /a line is longer than/));
  });

  it('takes nothing after the answer, and nothing of one that is cut off', async () => {
    const twice = await strangeAgent((socket) =>
      socket.end(http('application/x-ndjson', '{"result":[]}\n{"error":{"code":"INTERNAL"}}\n')),
    );
    assert.deepEqual(await (await loopback.client(twice)).call(node, 'instance-list', {}), []);
    const cut = await strangeAgent((socket) => socket.end(http('application/x-ndjson', '{"alive":true}\n')));
    await assert.rejects((await loopback.client(cut)).call(node, 'instance-list', {}), withCode('NODE_UNREACHABLE', /cut off/));
  });

  it('waits for a connection no longer than it should', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const target = { name: 'n1', address: '127.0.0.1', port, fingerprint: '' };
    const client = await loopback.client(target, { connectTimeoutMs: 50 });
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_UNREACHABLE', /no connection within 0.05 s/));
    await client.close();
  });

  it('calls it refused when the agent hangs up right after the handshake', async () => {
    const target = await strangeAgent((socket) => socket.destroy());
    const client = await loopback.client(target);
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_REFUSED_CALLER', /hangs up right after the TLS handshake/));
  });

  it('repeats a method that changes nothing once, another as often as it is told', async () => {
    let requests = 0;
    const target = await strangeAgent((socket) => {
      requests++;
      socket.destroy();
    });
    const client = await loopback.client(target, { retryDelaysMs: [1, 1, 1] });
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_REFUSED_CALLER'));
    assert.equal(requests, 2);
    requests = 0;
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('NODE_REFUSED_CALLER'));
    assert.equal(requests, 4);
  });

  it('waits longer for an agent that was working on a change, because it may be starting again', async () => {
    let requests = 0;
    const target = await strangeAgent((socket) => {
      requests++;
      const head = `HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n`;
      // Only the first one gets as far as to begin.
      if (requests === 1) socket.write(`${head}f\r\n{"alive":true}\n\r\n`, () => socket.destroySoon());
      else socket.destroy();
    });
    const pauses: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (ms) => void pauses.push(ms) };
    const client = await loopback.client(target, { clock, retryDelaysMs: [1, 2], restartDelaysMs: [10, 20] });
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('NODE_REFUSED_CALLER'));
    assert.deepEqual([pauses, requests], [[1, 2, 10, 20], 5]);
    requests = 0;
    pauses.length = 0;
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_REFUSED_CALLER'));
    assert.deepEqual([pauses, requests], [[1], 2], 'whoever only asks does not wait');
  });

  it('changes nothing without a step id', async () => {
    const { client } = await answering(async () => assert.fail('called'));
    await assert.rejects(client.call(node, 'disk-create', diskParams), withCode('INTERNAL', /disk-create was called without a step id/));
  });

  it('does not cancel a step whose call failed otherwise', async () => {
    const { agent, client } = await answering(async () => {
      throw new GantryError('STORAGE_FAILED', { subject: 'disk', problem: 'broken' });
    });
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('STORAGE_FAILED'));
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 't' }), withCode('STORAGE_FAILED'));
    assert.deepEqual(agent.cancelled, []);
  });

  it('calls a node that moved, or has another key, at its new place', async () => {
    const [first, second] = [await loopback.agent(async () => []), await loopback.agent(async () => assert.fail('wrong place'))];
    let target = second.target;
    const client = await loopback.client(target, { resolve: () => target });
    target = first.target;
    assert.deepEqual(await client.call(node, 'instance-list', {}), []);
    target = { ...first.target, fingerprint: 'f'.repeat(64) };
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG'));
    target = first.target;
    assert.deepEqual(await client.call(node, 'instance-list', {}), []);
  });

  it('uses new credentials from then on', async () => {
    const names: string[] = [];
    const agent = await loopback.agent(async () => [], { isRegistered: ({ name }) => names.push(name) > 0 });
    const client = await loopback.client(agent.target);
    await client.call(node, 'instance-list', {});
    client.replaceCredentials(await loopback.credentials({ role: 'master', name: 'renewed' }));
    await client.call(node, 'instance-list', {});
    assert.deepEqual(names, ['master', 'renewed']);
  });

  it('calls a server without TLS garbled', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => socket.destroy()).once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const client = await loopback.client({ name: 'n1', address: '127.0.0.1', port, fingerprint: '' });
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_GARBLED'));
  });

  it('reports an unknown code of an agent as an internal error with its text', async () => {
    const error = { code: 'FROM_THE_FUTURE', what: 'time travel', why: '', todo: '', facts: {} };
    const target = await strangeAgent((socket) => socket.end(http('application/x-ndjson', `${JSON.stringify({ error })}\n`)));
    const client = await loopback.client(target);
    await assert.rejects(client.call(node, 'node-info', {}), withCode('INTERNAL', /FROM_THE_FUTURE: time travel/));
  });

  it('repeats a call whose connection broke, with the same step id', async () => {
    const steps: (string | undefined)[] = [];
    const { agent, client } = await answering(async (call) => {
      steps.push(call.stepId);
      if (steps.length < 3) agent.server.reload(agent.credentials);
      if (steps.length < 3) broken.destroy();
      return { changed: true };
    });
    // A proxy in between that can break the connection.
    let broken!: Socket;
    const { connect } = await import('node:net');
    const proxy = createServer((socket) => {
      broken = socket;
      const onward = connect(agent.port, '127.0.0.1');
      for (const end of [socket, onward]) end.on('error', () => end.destroy()).on('close', () => [socket, onward].map((s) => s.destroy()));
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    servers.push(proxy);
    const viaProxy = await loopback.client({ ...agent.target, port: (proxy.address() as AddressInfo).port });
    assert.deepEqual(await viaProxy.call(node, 'disk-create', diskParams, { stepId: 'once' }), { changed: true });
    assert.deepEqual(steps, ['once', 'once', 'once']);
    await client.close();
  });

  it('gives up on a node where nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const client = await loopback.client({ name: 'n1', address: '127.0.0.1', port, fingerprint: '' });
    await assert.rejects(
      client.call(node, 'node-info', {}),
      withCode('NODE_UNREACHABLE', /n1 cannot be reached at 127.0.0.1:\d+: .*ECONNREFUSED/),
    );
  });

  it('gives up on a node that is not configured', async () => {
    const client = await loopback.client(undefined);
    await assert.rejects(client.call(node, 'node-info', {}), withCode('NODE_UNREACHABLE'));
  });

  it('stops at once when its signal aborts, and cancels the step', async () => {
    const abort = new AbortController();
    const { agent, client } = await answering(async () => {
      abort.abort();
      return new Promise(() => {});
    });
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 'unwanted', signal: abort.signal }), withCode('CANCELLED'));
    await until('the call is cancelled', () => agent.cancelled.length > 0);
    assert.deepEqual(agent.cancelled, ['unwanted']);
    await assert.rejects(client.call(node, 'node-info', {}, { signal: abort.signal }), withCode('CANCELLED'));
  });

  it('waits for the end of a step that was told to end, and gives it up when that takes too long', async () => {
    const cancel = new AbortController();
    const ends = Promise.withResolvers<unknown>();
    const { agent, client } = await answering(async () => {
      cancel.abort(new GantryError('CANCELLED', { subject: 'Job 7' }));
      return ends.promise;
    });
    const call = client.call(node, 'disk-create', diskParams, { stepId: 'told', cancel: cancel.signal });
    await until('the step is told', () => agent.cancelled.length > 0);
    ends.resolve({ changed: true });
    assert.deepEqual(await call, { changed: true }, 'it had nearly ended');
    assert.deepEqual(agent.cancelled, ['told']);
    const none = client.call(node, 'disk-create', diskParams, { stepId: 'next', cancel: cancel.signal });
    await assert.rejects(none, withCode('CANCELLED', /Job 7/), 'nothing more is begun');

    const again = new AbortController();
    const deaf = await loopback.agent(async () => {
      again.abort(new GantryError('CANCELLED', { subject: 'Job 8' }));
      return new Promise(() => {});
    });
    const hasty = await loopback.client(deaf.target, { cancelPatienceMs: 20 });
    const stuck = hasty.call(node, 'disk-create', diskParams, { stepId: 'stuck', cancel: again.signal });
    await assert.rejects(stuck, withCode('CANCELLED', /Job 8/));
  });

  it('ends a step that another master began, and waits until the agent says that it has ended', async () => {
    const ends = Promise.withResolvers<void>();
    const told: unknown[] = [];
    const dispatcher = {
      dispatch: async () => assert.fail('called'),
      cancelStep: (...given: unknown[]) => (told.push(given), ends.promise),
    };
    const agent = await loopback.agent(async () => [], { dispatcher });
    const client = await loopback.client(agent.target, { term: 3 });
    const ending = client.cancelStep(node, 'job/7/0/send');
    await until('the step is told', () => told.length > 0);
    assert.equal(await Promise.race([ending, systemClock.sleep(50).then(() => 'not yet')]), 'not yet');
    ends.resolve();
    await ending;
    assert.deepEqual(told, [['job/7/0/send', 3, undefined]]);
    const hasty = await loopback.client(agent.target, { cancelPatienceMs: 20 });
    dispatcher.cancelStep = () => new Promise(() => undefined);
    await assert.rejects(hasty.cancelStep(node, 'deaf'), withCode('NODE_TIMED_OUT'));
    await agent.server.close();
    await assert.rejects(client.cancelStep(node, 'gone'), withCode('NODE_UNREACHABLE'));
  });

  it('does not tell the agent to cancel what has no step', async () => {
    const abort = new AbortController();
    const { agent, client } = await answering(async () => {
      abort.abort();
      return new Promise(() => {});
    });
    await assert.rejects(client.call(node, 'node-info', {}, { signal: abort.signal }), withCode('CANCELLED'));
    const { signal } = abort;
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 'last', signal }), withCode('CANCELLED'));
    await until('a step is cancelled', () => agent.cancelled.length > 0);
    assert.deepEqual(agent.cancelled, ['last']);
  });

  it('stops also between two attempts, and cancels the step', async () => {
    const paths: string[] = [];
    const target = await strangeAgent((socket, request) => {
      paths.push(request.split(' HTTP')[0] ?? '');
      socket.destroy();
    });
    const abort = new AbortController();
    const clock: Clock = {
      now: () => 0,
      sleep: (ms, signal) => {
        abort.abort(new Error('nobody waits any more'));
        return systemClock.sleep(ms, signal);
      },
    };
    const client = await loopback.client(target, { clock, retryDelaysMs: [60_000] });
    const call = client.call(node, 'disk-create', diskParams, { stepId: 'unwanted', signal: abort.signal });
    await assert.rejects(call, withCode('CANCELLED', /disk-create on node n1/));
    await until('the step is cancelled', () => paths.length === 2);
    assert.deepEqual(paths, ['POST /rpc/disk-create', 'DELETE /rpc/steps/unwanted']);
  });

  it('pauses between attempts as long as it is told, and logs why; without being told, longer each time', async () => {
    const target = await strangeAgent((socket) => socket.destroy());
    const pauses: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (ms) => void pauses.push(ms) };
    const { log, lines } = heardLog();
    const told = await loopback.client(target, { clock, log, retryDelaysMs: [7, 9] });
    await assert.rejects(told.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('NODE_REFUSED_CALLER'));
    assert.deepEqual(pauses.splice(0), [7, 9]);
    assert.deepEqual(
      lines.map(({ level, text, facts }) => [level, text, facts]),
      [0, 1].map((attempt) => [
        'debug',
        'connection lost, trying again',
        { node: 'n1', method: 'disk-create', attempt, problem: 'socket hang up' },
      ]),
    );
    const credentials = await loopback.credentials({ role: 'master', name: 'master' });
    const plain = createNodeClient({ credentials, term: 1, resolve: () => target, clock });
    await assert.rejects(plain.call(node, 'disk-create', diskParams, { stepId: 's' }), withCode('NODE_REFUSED_CALLER'));
    assert.deepEqual(pauses.splice(0), [200, 500, 1000, 2000]);
    await assert.rejects(plain.call(node, 'node-info', {}), withCode('NODE_REFUSED_CALLER'));
    assert.deepEqual(pauses, [200]);
    await plain.close();
  });

  it('logs that a step could not be cancelled', async () => {
    const { log, lines } = heardLog();
    const abort = new AbortController();
    const target = await strangeAgent((socket, request) => {
      if (request.startsWith('DELETE')) socket.destroy();
      else abort.abort();
    });
    const client = await loopback.client(target, { log });
    await assert.rejects(client.call(node, 'disk-create', diskParams, { stepId: 's 1', signal: abort.signal }), withCode('CANCELLED'));
    const line = await until('that is logged', () => lines.at(-1));
    assert.deepEqual(line, {
      level: 'info',
      text: 'a step could not be cancelled',
      facts: { node: 'n1', method: 'disk-create', stepId: 's 1', problem: 'socket hang up' },
    });
  });

  it('says which term and epoch it has, if it has one', async () => {
    const requests: string[] = [];
    const target = await strangeAgent((socket, request) => {
      requests.push(request);
      socket.end(http('application/x-ndjson', '{"result":[]}\n'));
    });
    const epoch = 'ab'.repeat(16);
    for (const more of [{}, { epoch, term: 12 }]) await (await loopback.client(target, more)).call(node, 'instance-list', {});
    const ours = requests.map((request) => request.split('\r\n').filter((line) => line.startsWith('gantry-')));
    assert.deepEqual(ours, [['gantry-term: 1'], ['gantry-term: 12', `gantry-epoch: ${epoch}`]]);
  });

  it('takes for itself what agents report: their facts, unless they are none', async () => {
    for (const [facts, expected] of [
      [
        { subject: 'disk', problem: 'p' },
        { node: 'n1', subject: 'disk', problem: 'p' },
      ],
      [{ node: 'theirs' }, { node: 'n1' }],
      ['text', { node: 'n1' }],
      [null, { node: 'n1' }],
    ] as const) {
      const error = { code: 'STORAGE_FAILED', what: 'w', why: '', todo: '', facts };
      const target = await strangeAgent((socket) => socket.end(http('application/x-ndjson', `${JSON.stringify({ error })}\n`)));
      const client = await loopback.client(target);
      await assert.rejects(client.call(node, 'node-info', {}), (got: GantryError) => {
        assert.deepEqual([got.code, got.facts], ['STORAGE_FAILED', expected]);
        return true;
      });
    }
  });

  it('names the other side, and why it is not what is expected', async () => {
    for (const [reply, problem] of [
      [http('text/html', '<html>'), /n1 \(127\.0\.0\.1:\d+\).*node-info.*status 200 with type "text\/html"/],
      ['HTTP/1.1 502 Bad\r\ncontent-length: 0\r\n\r\n', /status 502 with type "none"/],
    ] as const) {
      const target = await strangeAgent((socket) => socket.end(reply));
      await assert.rejects((await loopback.client(target)).call(node, 'node-info', {}), withCode('NODE_GARBLED', problem));
    }
  });

  it('keeps one connection, and leaves none behind when it moves on, gets other credentials or is closed', async () => {
    const [first, second] = [await loopback.agent(async () => []), await loopback.agent(async () => [])];
    const arrivals: string[] = [];
    let target = first.target;
    const client = await loopback.client(target, { resolve: () => (arrivals.push(String(target.port)), target) });
    const { server } = first;
    const gone = (which: typeof first) => until('the connection is closed', () => which.server.callers().length === 0);
    for (let call = 0; call < 3; call++) await client.call(node, 'instance-list', {});
    assert.equal(server.callers().length, 1);
    target = second.target;
    await client.call(node, 'instance-list', {});
    await gone(first);
    assert.equal(second.server.callers().length, 1);
    client.replaceCredentials(await loopback.credentials({ role: 'master', name: 'renewed' }));
    await gone(second);
    await client.call(node, 'instance-list', {});
    assert.equal(second.server.callers().length, 1);
    await client.close();
    await gone(second);
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('CANCELLED', /calls to nodes/));
  });

  it('ends its calls when it is closed', async () => {
    const { client } = await answering(() => new Promise(() => {}));
    const call = client.call(node, 'node-info', {});
    await Promise.all([assert.rejects(call, withCode('CANCELLED')), client.close()]);
  });
});
