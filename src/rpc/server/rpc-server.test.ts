import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { GantryError } from '../../base/index.ts';
import { createAuthority } from '../certificates/create-authority.ts';
import { createRevocationList } from '../certificates/create-revocation-list.ts';
import { createCertificate } from '../certificates/sign-certificate.ts';
import type { DiskSpec } from '../contract.ts';
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
      await assert.rejects(client.call(node, 'instance-list', {}), withCode('NODE_IDENTITY_WRONG'));
    });
  }

  it('takes no new request on a connection from before a reload, also when it was busy then', async () => {
    const gate = Promise.withResolvers<[]>();
    const begun = Promise.withResolvers<void>();
    const agent = await loopback.agent(() => {
      begun.resolve();
      return gate.promise;
    });
    const { key, certificate, ca } = await loopback.credentials({ role: 'master' });
    const pool = new Agent({ keepAlive: true, maxSockets: 1, key, cert: certificate, ca, checkServerIdentity: () => undefined });
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port: agent.port, method: 'POST', path: '/rpc/instance-list', agent: pool }, (response) =>
          text(response).then(resolve, reject),
        );
        sent.on('error', reject).end('{}');
      });
    const first = ask();
    await begun.promise;
    agent.server.reload(agent.credentials);
    gate.resolve([]);
    assert.match(await first, /result/);
    await assert.rejects(ask(), { code: 'ECONNRESET' });
    assert.match(await ask(), /result/);
    pool.destroy();
  });

  it('checks parameters against the contract before the dispatcher sees them', async () => {
    const agent = await loopback.agent(async () => assert.fail('dispatched'));
    const client = await loopback.client(agent.target);
    const disk: DiskSpec = { uuid: 'd', dev_type: 'file', size: 1.5, mode: 'rw', format: 'raw', logical_id: [], params: {} };
    const call = client.call(node, 'disk-create', { disk, instance: { uuid: 'i', name: 'web1' } }, { stepId: 's' });
    await assert.rejects(call, withCode('INPUT_INVALID', /disk.size/));
  });

  it('refuses unknown methods, bodies that are no JSON or too large, changes without a step, terms that are no numbers', async () => {
    const agent = await loopback.agent(async () => assert.fail('dispatched'));
    const master = await loopback.credentials({ role: 'master' });
    const raw = (path: string, body: string, headers: Record<string, string> = {}) =>
      new Promise<string>((resolve, reject) => {
        const options = { key: master.key, cert: master.certificate, ca: master.ca, checkServerIdentity: () => undefined, agent: false };
        const sent = request({ ...options, host: '127.0.0.1', port: agent.port, method: 'POST', path, headers }, (response) => {
          text(response).then((body) => resolve(JSON.parse(body).error.code), reject);
        });
        sent.on('error', reject).end(body);
      });
    assert.equal(await raw('/rpc/nothing', '{}'), 'RPC_METHOD_UNKNOWN');
    assert.equal(await raw('/rpc/constructor', '{}'), 'RPC_METHOD_UNKNOWN');
    assert.equal(await raw('/', '{}'), 'RPC_METHOD_UNKNOWN');
    assert.equal(await raw('/rpc/node-info', '{'), 'RPC_REQUEST_UNREADABLE');
    assert.equal(await raw('/rpc/node-info', `"${'x'.repeat(1024 * 1024)}"`), 'RPC_REQUEST_TOO_LARGE');
    assert.equal(await raw('/rpc/disk-create', '{}'), 'RPC_REQUEST_UNREADABLE');
    assert.equal(await raw('/rpc/node-info', '{}', { 'gantry-term': 'many' }), 'RPC_REQUEST_UNREADABLE');
    assert.equal(await raw('/rpc/node-info', '{}', { 'gantry-step': '%zz' }), 'RPC_REQUEST_UNREADABLE');
    for (const name of ['toString', '__proto__', 'constructor']) assert.equal(await raw(`/rpc/${name}`, '{}'), 'RPC_METHOD_UNKNOWN');
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

describe('console', () => {
  let loopback: Loopback;
  before(async () => {
    loopback = await Loopback.create();
  });
  after(() => loopback.close());

  it('carries bytes both ways, unchanged, until one side closes', async () => {
    const [line, guest] = duplexPair();
    const asked: string[] = [];
    const agent = await loopback.agent(list, {
      openConsole: async (uuid) => {
        asked.push(uuid);
        guest.write(Buffer.from([0, 255, 13, 10]));
        return line;
      },
    });
    const client = await loopback.client(agent.target);
    const console = await client.openConsole(node, 'instance-1');
    const [shown] = await once(console, 'data');
    assert.deepEqual(shown, Buffer.from([0, 255, 13, 10]));
    assert.deepEqual(asked, ['instance-1']);
    console.write('root\n');
    const [typed] = await once(guest, 'data');
    assert.equal(String(typed), 'root\n');
    guest.end();
    await once(console, 'close');
  });

  it('refuses a second session, and frees the line when the first ends', async () => {
    const lines: Duplex[] = [];
    const agent = await loopback.agent(list, {
      openConsole: async () => {
        const [line] = duplexPair();
        lines.push(line);
        return line;
      },
    });
    const client = await loopback.client(agent.target);
    const first = await client.openConsole(node, 'i');
    await assert.rejects(client.openConsole(node, 'i'), withCode('CONSOLE_BUSY'));
    const closed = new Promise((resolve) => lines[0]?.once('close', resolve));
    first.destroy();
    await closed;
    const second = await until('the console is free', () => client.openConsole(node, 'i').catch(() => undefined));
    second.destroy();
  });

  it('says why there is none, and refuses strangers', async () => {
    const agent = await loopback.agent(list);
    const client = await loopback.client(agent.target);
    await assert.rejects(client.openConsole(node, 'i'), withCode('CONSOLE_MISSING', /a test/));
    const nodeCertificate = await loopback.credentials({ role: 'node', name: 'n2' });
    const stranger = await loopback.client(agent.target, { credentials: nodeCertificate });
    await assert.rejects(stranger.openConsole(node, 'i'), withCode('RPC_CALLER_REFUSED'));
  });
});
