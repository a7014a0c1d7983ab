import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { heardLog } from '../../../test/support/heard-log.ts';
import { until } from '../../../test/support/until.ts';
import { type ErrorReport, GantryError } from '../../base/index.ts';
import { plainSerial } from '../certificates/check-revocation-list.ts';
import { createAuthority } from '../certificates/create-authority.ts';
import { createRevocationList } from '../certificates/create-revocation-list.ts';
import { createCertificate } from '../certificates/sign-certificate.ts';
import type { DiskSpec, Progress } from '../contract.ts';
import type { CallContext, RpcCall, RpcDispatcher } from '../rpc-dispatcher.ts';
import { Loopback, withCode } from '../testing/loopback.ts';

const list = async () => [];
const node = 'node-uuid';

describe('rpc server', () => {
  let loopback: Loopback;
  before(async () => {
    loopback = await Loopback.create();
  });
  after(() => loopback.close());

  it('answers a master', async () => {
    const agent = await loopback.agent(list);
    const client = await loopback.client(agent.target);
    assert.deepEqual(await client.call(node, 'instance-list', {}), []);
  });

  it('refuses a certificate of another CA', async () => {
    const agent = await loopback.agent(list);
    const stranger = await createAuthority('test');
    const made = await createCertificate(stranger, { role: 'master', name: 'master', addresses: [] });
    const { ca, crl } = agent.credentials;
    const client = await loopback.client(agent.target, { credentials: { ...made, ca, crl } });
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_REFUSED_CALLER'));
  });

  it('refuses an expired certificate', async () => {
    const agent = await loopback.agent(list);
    const credentials = await loopback.credentials({ role: 'master' }, { now: Date.now() - 2 * 86_400_000, days: 1 });
    const client = await loopback.client(agent.target, { credentials });
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_REFUSED_CALLER'));
  });

  it('refuses a caller without a certificate', async () => {
    const agent = await loopback.agent(list);
    const { ca } = agent.credentials;
    await assert.rejects(
      new Promise((resolve, reject) => {
        request(
          { host: '127.0.0.1', port: agent.port, ca, checkServerIdentity: () => undefined, method: 'POST', path: '/rpc/instance-list' },
          resolve,
        )
          .on('error', reject)
          .end('{}');
      }),
      (error: NodeJS.ErrnoException) => /CERTIFICATE_REQUIRED|ECONNRESET/.test(String(error.code)),
    );
  });

  for (const role of ['node', 'server'] as const) {
    it(`refuses the certificate of a ${role}`, async () => {
      const agent = await loopback.agent(list);
      const client = await loopback.client(agent.target, { credentials: await loopback.credentials({ role, name: 'other' }) });
      // TLS itself refuses a certificate that is not for clients.
      const code = role === 'node' ? 'RPC_CALLER_REFUSED' : 'NODE_REFUSED_CALLER';
      await assert.rejects(client.call(node, 'instance-list', {}), withCode(code));
    });
  }

  it('refuses a master whose key is not registered', async () => {
    const agent = await loopback.agent(list, { isRegistered: ({ name }) => name === 'known' });
    const unknown = await loopback.client(agent.target, { credentials: await loopback.credentials({ role: 'master', name: 'unknown' }) });
    const known = await loopback.client(agent.target, { credentials: await loopback.credentials({ role: 'master', name: 'known' }) });
    await assert.rejects(unknown.call(node, 'instance-list', {}), withCode('RPC_CALLER_REFUSED', /not registered/));
    assert.deepEqual(await known.call(node, 'instance-list', {}), []);
  });

  it('refuses a revoked master from the reload on, also on a connection that stands', async () => {
    const agent = await loopback.agent(list);
    const master = await loopback.credentials({ role: 'master', name: 'stolen' });
    const client = await loopback.client(agent.target, { credentials: master });
    assert.deepEqual(await client.call(node, 'instance-list', {}), []);
    const serial = new X509Certificate(master.certificate).serialNumber;
    const crl = await createRevocationList(loopback.authority, [{ serial, at: Date.now() }]);
    agent.server.reload({ ...agent.credentials, crl });
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_REFUSED_CALLER'));
    const other = await loopback.client(agent.target);
    assert.deepEqual(await other.call(node, 'instance-list', {}), []);
  });

  it('lets a call under way end when its certificate is renewed', async () => {
    const gate = Promise.withResolvers<[]>();
    const begun = Promise.withResolvers<void>();
    const agent = await loopback.agent(() => {
      begun.resolve();
      return gate.promise;
    });
    const client = await loopback.client(agent.target);
    const call = client.call(node, 'instance-list', {});
    await begun.promise;
    agent.server.reload(agent.credentials);
    gate.resolve([]);
    assert.deepEqual(await call, []);
    assert.deepEqual(await client.call(node, 'instance-list', {}), []);
  });

  it('is refused by the master when its certificate is revoked, expired, of another key or of another CA', async () => {
    const agent = await loopback.agent(list);
    const serial = new X509Certificate(agent.credentials.certificate).serialNumber;
    const crl = await createRevocationList(loopback.authority, [{ serial, at: Date.now() }]);
    const master = await loopback.credentials({ role: 'master' });
    const revoked = await loopback.client(agent.target, { credentials: { ...master, crl } });
    await assert.rejects(revoked.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG', /CERT_REVOKED/));
    const unregistered = await loopback.client({ ...agent.target, fingerprint: 'f'.repeat(64) });
    await assert.rejects(unregistered.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG', /its key is that of "n1"/));
    const old = await loopback.credentials({ role: 'node' }, { now: Date.now() - 2 * 86_400_000, days: 1 });
    const expired = await loopback.agent(list, { credentials: old });
    const client = await loopback.client({ ...expired.target, fingerprint: old.fingerprint });
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG', /CERT_HAS_EXPIRED/));
    const elsewhere = await Loopback.create();
    const foreign = await elsewhere.agent(list);
    const stranger = await loopback.client(foreign.target);
    await assert.rejects(stranger.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG'));
    await elsewhere.close();
  });

  for (const role of ['master', 'server'] as const) {
    it(`is refused when it has the certificate of a ${role}, even with a registered key`, async () => {
      const credentials = await loopback.credentials({ role });
      const agent = await loopback.agent(list, { credentials });
      const client = await loopback.client({ ...agent.target, fingerprint: credentials.fingerprint });
      const problem = role === 'server' ? /its certificate is that of a server/ : /unsuitable certificate purpose/;
      await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG', problem));
    });
  }

  it('takes no new request on a connection from before a reload, also when it was busy then', async () => {
    const gate = Promise.withResolvers<[]>();
    const begun = Promise.withResolvers<void>();
    const agent = await loopback.agent(() => {
      begun.resolve();
      return gate.promise;
    });
    const pool = await loopback.pool({ keepAlive: true, maxSockets: 1 });
    const ask = () => loopback.raw({ port: agent.port, path: '/rpc/instance-list', agent: pool });
    const first = ask();
    await begun.promise;
    agent.server.reload(agent.credentials);
    gate.resolve([]);
    assert.deepEqual((await first).line, { result: [] });
    await assert.rejects(ask(), { code: 'ECONNRESET' });
    assert.deepEqual((await ask()).line, { result: [] });
    pool.destroy();
  });

  it('checks parameters against the contract before the dispatcher sees them', async () => {
    const agent = await loopback.agent(async () => assert.fail('dispatched'));
    const client = await loopback.client(agent.target);
    const disk: DiskSpec = { uuid: 'd', dev_type: 'file', size: 1.5, mode: 'rw', format: 'raw', logical_id: [], params: {} };
    const call = client.call(node, 'disk-create', { disk, instance: { uuid: 'i', name: 'web1' } }, { stepId: 's' });
    await assert.rejects(call, withCode('INPUT_INVALID', /disk.size/));
  });

  it('hands a call on as it came: parameters, term, epoch and step', async () => {
    const seen: RpcCall[] = [];
    const agent = await loopback.agent(async (call) => (seen.push(call), []));
    const epoch = '0123456789abcdef'.repeat(2);
    const asked = { port: agent.port, path: '/rpc/instance-list' };
    const { status, line } = await loopback.raw({
      ...asked,
      headers: { 'gantry-term': '7', 'gantry-epoch': epoch, 'gantry-step': 'job%207%2F%C3%BC' },
    });
    assert.deepEqual([status, line], [200, { result: [] }]);
    await loopback.raw(asked);
    await (await loopback.client(agent.target, { term: 4, epoch })).call(node, 'instance-list', {}, { stepId: 's' });
    const call = { method: 'instance-list', params: {} };
    assert.deepEqual(seen, [
      { ...call, term: 7, epoch, stepId: 'job 7/ü' },
      { ...call, term: undefined, stepId: undefined },
      { ...call, term: 4, epoch, stepId: 's' },
    ]);
  });

  it('writes the trace of a call into its log, with the time it took; what is no trace is left out', async () => {
    const heard = heardLog();
    const answer = async (_: RpcCall, { operation }: CallContext) => {
      operation.log.info('at work');
      return [];
    };
    const agent = await loopback.agent(answer, { log: heard.log });
    const client = await loopback.client(agent.target, { term: 4 });
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await client.call(node, 'instance-list', {}, { stepId: 's', trace });
    const said = heard.lines.map(({ level, text, facts }) => [level, text, facts['trace'], facts['method'], facts['step']]);
    const whole = [trace, 'instance-list', 's'];
    assert.deepEqual(said, [
      ['info', 'called', ...whole],
      ['info', 'at work', ...whole],
      ['info', 'call done', ...whole],
    ]);
    assert.ok(Number.isInteger(heard.lines[2]?.facts['ms']));
    heard.lines.length = 0;
    const hostile = ['00-x', `00-${trace}-00f067aa0ba902b7-01{"level":50}`, 'x'.repeat(10_000)];
    for (const traceparent of hostile) await loopback.raw({ port: agent.port, path: '/rpc/instance-list', headers: { traceparent } });
    assert.deepEqual(
      heard.lines.filter(({ text }) => text !== 'at work').map(({ level, facts }) => [level, facts['trace']]),
      hostile.flatMap(() => [
        ['debug', undefined],
        ['debug', undefined],
      ]),
    );
  });

  it('hands on that a step is cancelled, with the term and epoch of who wants it', async () => {
    const cancelled: unknown[] = [];
    const dispatcher: RpcDispatcher = {
      dispatch: async () => assert.fail('dispatched'),
      cancelStep: async (...given) => void cancelled.push(given),
    };
    const agent = await loopback.agent(list, { dispatcher });
    const epoch = 'f'.repeat(32);
    const cancel = { port: agent.port, method: 'DELETE', path: '/rpc/steps/job%207%2F%C3%BC' };
    const headers = { 'gantry-term': '7', 'gantry-epoch': epoch };
    assert.deepEqual((await loopback.raw({ ...cancel, headers })).line, { result: {} });
    assert.deepEqual((await loopback.raw(cancel)).line, { result: {} });
    assert.deepEqual(cancelled, [
      ['job 7/ü', 7, epoch],
      ['job 7/ü', 0, undefined],
    ]);
  });

  it('refuses to cancel a step while the request is still being sent', async () => {
    const dispatcher: RpcDispatcher = {
      dispatch: async () => assert.fail('dispatched'),
      cancelStep: () => Promise.reject(new GantryError('NODE_REFUSED_TERM', { node: 'n1', term: 1, highest: 2 })),
    };
    const agent = await loopback.agent(list, { dispatcher });
    const { line } = await loopback.raw({ port: agent.port, method: 'DELETE', path: '/rpc/steps/s', body: 'x'.repeat(1_000_000) });
    assert.equal((line as { error: { code: string } }).error.code, 'NODE_REFUSED_TERM');
  });

  const change = { 'gantry-term': '1', 'gantry-step': 's' };
  for (const [what, asked, code, problem] of [
    ['an unknown method', { path: '/rpc/nothing' }, 'RPC_METHOD_UNKNOWN', /POST \/rpc\/nothing/],
    ['a method of all objects', { path: '/rpc/constructor' }, 'RPC_METHOD_UNKNOWN', /POST \/rpc\/constructor/],
    ['another one of these', { path: '/rpc/toString' }, 'RPC_METHOD_UNKNOWN', /toString/],
    ['a prototype', { path: '/rpc/__proto__' }, 'RPC_METHOD_UNKNOWN', /__proto__/],
    ['no method', { path: '/' }, 'RPC_METHOD_UNKNOWN', /POST \//],
    ['another verb', { path: '/rpc/instance-list', method: 'PUT' }, 'RPC_METHOD_UNKNOWN', /PUT \/rpc\/instance-list/],
    ['a deletion of no step', { path: '/rpc/instance-list', method: 'DELETE' }, 'RPC_METHOD_UNKNOWN', /DELETE \/rpc\/instance-list/],
    ['a step that is not deleted', { path: '/rpc/steps/s' }, 'RPC_METHOD_UNKNOWN', /POST \/rpc\/steps\/s/],
    ['a step id that is not well encoded', { path: '/rpc/steps/%zz', method: 'DELETE' }, 'RPC_REQUEST_UNREADABLE', /step id is not well/],
    ['one of a call', { path: '/rpc/node-info', headers: { 'gantry-step': '%zz' } }, 'RPC_REQUEST_UNREADABLE', /step id is not well/],
    ['a body that is no JSON', { path: '/rpc/node-info', body: '{' }, 'RPC_REQUEST_UNREADABLE', /body is not JSON/],
    ['a change without anything', { path: '/rpc/disk-create' }, 'RPC_REQUEST_UNREADABLE', /disk-create needs a term and a step id/],
    ['a change without a step', { path: '/rpc/disk-create', headers: { 'gantry-term': '1' } }, 'RPC_REQUEST_UNREADABLE', /needs a term/],
    ['a change without a term', { path: '/rpc/disk-create', headers: { 'gantry-step': 's' } }, 'RPC_REQUEST_UNREADABLE', /needs a term/],
    ['a change without parameters', { path: '/rpc/disk-create', headers: change }, 'INPUT_INVALID', /disk/],
    ['a term in words', { path: '/rpc/node-info', headers: { 'gantry-term': 'many' } }, 'RPC_REQUEST_UNREADABLE', /the term "many" is not/],
    ['a term below zero', { path: '/rpc/node-info', headers: { 'gantry-term': '-1' } }, 'RPC_REQUEST_UNREADABLE', /the term "-1" is not/],
    [
      'too large a term',
      { path: '/rpc/node-info', headers: { 'gantry-term': '1'.repeat(16) } },
      'RPC_REQUEST_UNREADABLE',
      /is not a number/,
    ],
    ['a short epoch', { path: '/rpc/node-info', headers: { 'gantry-epoch': 'a'.repeat(31) } }, 'RPC_REQUEST_UNREADABLE', /32 hexadecimal/],
    [
      'an epoch in words',
      { path: '/rpc/node-info', headers: { 'gantry-epoch': 'g'.repeat(32) } },
      'RPC_REQUEST_UNREADABLE',
      /32 hexadecimal/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const agent = await loopback.agent(async () => assert.fail('dispatched'));
      const { status, line } = await loopback.raw({ port: agent.port, ...asked });
      const error = GantryError.fromReport((line as { error: ErrorReport }).error);
      assert.equal(error.code, code);
      assert.match(error.message, problem);
      assert.equal(status, error.definition.http);
    });
  }

  it('reads a request of 1 MiB and not a byte more; of what it did not read, it says that the connection ends', async () => {
    const agent = await loopback.agent(list);
    const pool = await loopback.pool({ keepAlive: true });
    const asked = { port: agent.port, path: '/rpc/instance-list', agent: pool };
    const sized = (bytes: number) => `{}${' '.repeat(bytes - 2)}`;
    const most = await loopback.raw({ ...asked, body: sized(1024 * 1024) });
    assert.deepEqual([most.line, most.connection], [{ result: [] }, 'keep-alive']);
    const long = await loopback.raw({ ...asked, path: '/rpc/nothing', body: '{}' });
    assert.equal(long.status, 404);
    const more = await loopback.raw({ ...asked, body: sized(1024 * 1024 + 1) });
    assert.deepEqual(
      [(more.line as { error: ErrorReport }).error.facts, more.connection],
      [{ method: 'instance-list', limit: 1024 * 1024 }, 'close'],
    );
    pool.destroy();
  });

  it('says at each interval that it is alive', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<[]>();
    const agent = await loopback.agent(() => (begun.resolve(), gate.promise), { heartbeatMs: 10 });
    const answer = loopback.raw({ port: agent.port, path: '/rpc/instance-list' });
    await begun.promise;
    t.mock.timers.tick(35);
    gate.resolve([]);
    const alive = { alive: true };
    assert.deepEqual((await answer).lines, [alive, alive, alive, alive, { result: [] }]);
  });

  it('logs calls, refusals and its own faults, each at its level', async () => {
    const { log, lines } = heardLog();
    const answers: (() => Promise<unknown>)[] = [
      list,
      () => Promise.reject(new GantryError('STORAGE_FAILED', { subject: 'disk', problem: 'broken' })),
      () => Promise.reject(new TypeError('x is undefined')),
    ];
    const agent = await loopback.agent(() => (answers.shift() as () => Promise<unknown>)(), { log });
    const client = await loopback.client(agent.target, { term: 3 });
    await client.call(node, 'instance-list', {}, { stepId: 's' });
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('STORAGE_FAILED'));
    await assert.rejects(client.call(node, 'instance-list', {}), withCode('INTERNAL'));
    const called = { method: 'instance-list', term: 3, caller: 'master' };
    assert.deepEqual(
      lines.filter(({ text }) => text === 'called').map(({ level, facts }) => [level, facts]),
      [
        ['debug', { ...called, step: 's' }],
        ['debug', { ...called, step: undefined }],
        ['debug', { ...called, step: undefined }],
      ],
    );
    const failures = lines.filter(({ text }) => text === 'a call failed');
    assert.deepEqual(
      failures.map(({ level, facts }) => [level, facts['code'], facts['path'], (facts['err'] as Error | undefined)?.message]),
      [
        ['info', 'STORAGE_FAILED', '/rpc/instance-list', undefined],
        ['error', undefined, '/rpc/instance-list', 'x is undefined'],
      ],
    );
    const stranger = await loopback.credentials({ role: 'master' }, { now: Date.now() - 2 * 86_400_000, days: 1 });
    const expired = await loopback.client(agent.target, { credentials: stranger });
    await assert.rejects(expired.call(node, 'instance-list', {}), withCode('NODE_REFUSED_CALLER'));
    connect(agent.port, '127.0.0.1')
      .end('GET / HTTP/1.0\r\n\r\n')
      .on('error', () => undefined);
    const refusals = () => lines.filter(({ text }) => text === 'a TLS connection was refused');
    await until('all three are told', () => refusals().length === 3);
    const problems = refusals().map(({ facts }) => String(facts['problem']));
    assert.deepEqual(problems.slice(0, 2), ['CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED']);
    assert.match(problems[2] ?? '', /http request/);
    assert.deepEqual(new Set(refusals().map(({ level }) => level)), new Set(['info']));
  });

  it('tells who is connected, each address once', async () => {
    const agent = await loopback.agent(list);
    assert.deepEqual(agent.server.callers(), []);
    const clients = [await loopback.client(agent.target), await loopback.client(agent.target)];
    for (const client of clients) await client.call(node, 'instance-list', {});
    const stranger = connect(agent.port, '127.0.0.1');
    await once(stranger, 'connect');
    assert.deepEqual([agent.server.callers(), agent.server.reachedAt()], [['127.0.0.1'], ['127.0.0.1']]);
    await clients[0]?.close();
    assert.deepEqual(agent.server.callers(), ['127.0.0.1']);
    await clients[1]?.close();
    await until('nobody is connected', () => agent.server.callers().length === 0);
    stranger.destroy();
  });

  it('ends at once when it is closed, with calls under way and strangers who never said a word', async () => {
    const begun = Promise.withResolvers<void>();
    const agent = await loopback.agent((_call, { progress }) => (progress({ text: 'on it' }), new Promise(() => {})));
    const client = await loopback.client(agent.target, { retryDelaysMs: [] });
    const onProgress = () => begun.resolve();
    const call = assert.rejects(client.call(node, 'instance-list', {}, { onProgress }), withCode('NODE_UNREACHABLE'));
    const stranger = connect(agent.port, '127.0.0.1').on('error', () => undefined);
    await Promise.all([begun.promise, once(stranger, 'connect')]);
    const gone = once(stranger.resume(), 'close');
    await agent.server.close();
    assert.deepEqual(agent.server.callers(), []);
    await Promise.all([call, gone]);
  });

  it('ends the connection of a revoked master at once, and no other', async () => {
    const gates = new Map<string, PromiseWithResolvers<unknown>>();
    const aborted: string[] = [];
    const agent = await loopback.agent((call, { progress, signal }) => {
      const gate = Promise.withResolvers<unknown>();
      const step = String(call.stepId);
      gates.set(step, gate);
      progress({ text: step });
      signal.addEventListener('abort', () => aborted.push(step));
      return gate.promise;
    });
    const stolen = await loopback.credentials({ role: 'master', name: 'stolen' });
    const thief = await loopback.client(agent.target, { credentials: stolen, retryDelaysMs: [] });
    const master = await loopback.client(agent.target);
    const heard: string[] = [];
    const onProgress = ({ text: step }: Progress) => void heard.push(step);
    const stealing = thief.call(node, 'instance-list', {}, { stepId: 'thief', onProgress });
    const ended = assert.rejects(stealing, withCode('NODE_UNREACHABLE'));
    const call = master.call(node, 'instance-list', {}, { stepId: 'master', onProgress });
    await until('both calls are under way', () => heard.length === 2);
    const serial = new X509Certificate(stolen.certificate).serialNumber;
    const crl = await createRevocationList(loopback.authority, [{ serial, at: Date.now() }]);
    agent.server.reload({ ...agent.credentials, crl }, new Set([plainSerial(serial)]));
    await ended;
    await until('the call of the thief is told', () => aborted.length > 0);
    assert.deepEqual(aborted, ['thief']);
    gates.get('master')?.resolve([]);
    assert.deepEqual(await call, []);
  });

  it('closes idle connections when it is reloaded', async () => {
    const agent = await loopback.agent(list);
    const client = await loopback.client(agent.target);
    await client.call(node, 'instance-list', {});
    assert.equal(agent.server.callers().length, 1);
    agent.server.reload(agent.credentials);
    await until('the connection is closed', () => agent.server.callers().length === 0);
  });

  it('shows its new certificate from a reload on', async () => {
    const agent = await loopback.agent(list);
    const renewed = await loopback.credentials({ role: 'node' });
    agent.server.reload(renewed);
    const { ca } = agent.credentials;
    const stranger = connectTls({ port: agent.port, host: '127.0.0.1', ca, checkServerIdentity: () => undefined });
    stranger.on('error', () => stranger.destroy());
    await once(stranger, 'secureConnect');
    assert.equal(stranger.getPeerX509Certificate()?.serialNumber, new X509Certificate(renewed.certificate).serialNumber);
    stranger.destroy();
  });

  it('never sends the inner cause of an error', async () => {
    const agent = await loopback.agent(async () => {
      throw new GantryError('STORAGE_FAILED', { subject: 'disk', problem: 'broken' }, { cause: new Error('secret detail') });
    });
    const client = await loopback.client(agent.target);
    await assert.rejects(client.call(node, 'instance-list', {}), (error: GantryError) => {
      assert.ok(!JSON.stringify(error.toReport()).includes('secret detail'));
      return error.code === 'STORAGE_FAILED';
    });
  });

  it('aborts the signal of a call whose caller is gone', async () => {
    const gone = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const agent = await loopback.agent(async (_call, { signal }) => {
      signal.addEventListener('abort', () => gone.resolve());
      begun.resolve();
      return new Promise(() => {});
    });
    const abort = new AbortController();
    const client = await loopback.client(agent.target);
    const call = assert.rejects(client.call(node, 'instance-list', {}, { signal: abort.signal }), withCode('CANCELLED'));
    await begun.promise;
    abort.abort();
    await Promise.all([call, gone.promise]);
  });

  it('reports a port that is taken', async () => {
    const agent = await loopback.agent(list);
    const { server } = await loopback.agent(list);
    await server.close();
    await assert.rejects(server.listen('127.0.0.1', agent.port), withCode('AGENT_LISTEN_FAILED', /EADDRINUSE/));
  });
});
