import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type CertificateRole, GantryError, systemClock } from '../base/index.ts';
import {
  type Authority,
  certificateFingerprint,
  createAuthority,
  createCertificate,
  createRevocationList,
  encodeJoinToken,
  signNode,
} from '../rpc/index.ts';
import { agentPaths } from './agent-config.ts';
import { joinCluster } from './join-cluster.ts';
import { withCode } from './testing/with-code.ts';

describe('joining a cluster', () => {
  let authority: Authority;
  let stateDir: string;
  const servers: Server[] = [];
  before(async () => {
    authority = await createAuthority('test');
  });
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'gantry-join-'));
  });
  afterEach(() => rm(stateDir, { recursive: true }));
  after(() => {
    for (const server of servers) server.close();
  });

  /** A REST API that lets everybody in, or answers with `refuse`; it keeps what it was sent. */
  async function master(options: { issuer?: Authority; role?: CertificateRole; refuse?: { status: number; body: string } } = {}) {
    const { issuer = authority, role = 'server', refuse } = options;
    const { key, certificate } = await createCertificate(issuer, { role, name: 'api', addresses: ['192.0.2.1'] });
    const asked: Record<string, unknown>[] = [];
    const server = createServer({ key, cert: certificate + (role === 'server' ? '' : issuer.certificate) }, async (request, response) => {
      const body = (await json(request)) as Record<string, string>;
      asked.push(body);
      if (refuse) return response.writeHead(refuse.status).end(refuse.body);
      const signed = await signNode(issuer, body['csr'] ?? '', { name: 'n7', addresses: [] });
      const crl = await createRevocationList(issuer, []);
      const answer = { node_uuid: 'u7', certificate: signed.certificate, ca: issuer.certificate, crl, job_id: 3 };
      return response.end(JSON.stringify(answer));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    return { asked, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  const tokenFor = (...addresses: string[]) => {
    const ca = certificateFingerprint(new X509Certificate(authority.certificate));
    return encodeJoinToken({ v: 1, id: 't1', secret: 'very secret', master: addresses, ca_sha256: ca, node: 'n7' });
  };
  const joinWith = (token: string) =>
    joinCluster({ token, stateDir, primaryIp: '10.0.0.7', secondaryIp: '10.1.0.7', agentPort: 1811, clock: systemClock });

  it('gets a certificate for a key that stays here', async () => {
    const { address, asked } = await master();
    assert.deepEqual(await joinWith(tokenFor(address)), { name: 'n7', uuid: 'u7' });
    const paths = agentPaths({ stateDir, runDir: stateDir });
    const [key, certificate, ca] = await Promise.all([paths.key, paths.certificate, paths.ca].map((path) => readFile(path, 'utf8')));
    assert.ok(new X509Certificate(certificate ?? '').checkIssued(new X509Certificate(ca ?? '')));
    for (const path of [paths.key, paths.certificate, paths.ca, paths.crl]) assert.equal((await stat(path)).mode & 0o777, 0o600);
    const [{ csr, ...sent } = {}] = asked;
    assert.deepEqual(sent, { token_id: 't1', secret: 'very secret', primary_ip: '10.0.0.7', secondary_ip: '10.1.0.7', agent_port: 1811 });
    assert.match(String(csr), /CERTIFICATE REQUEST/);
    assert.ok(!JSON.stringify(asked).includes('PRIVATE KEY') && key?.includes('PRIVATE KEY'));
  });

  it('does not join twice', async () => {
    const { address, asked } = await master();
    await joinWith(tokenFor(address));
    await assert.rejects(joinWith(tokenFor(address)), withCode('AGENT_ALREADY_JOINED', /as n7/));
    assert.equal(asked.length, 1);
  });

  it('sends nothing to a server of another CA, of another role, or one that shows the right CA without belonging to it', async () => {
    const stranger = await createAuthority('test');
    const foreign = await master({ issuer: stranger });
    await assert.rejects(joinWith(tokenFor(foreign.address)), withCode('JOIN_CA_WRONG', /another CA/));
    const node = await master({ role: 'node' });
    await assert.rejects(joinWith(tokenFor(node.address)), withCode('JOIN_CA_WRONG', /not the REST API/));
    const { key, certificate } = await createCertificate(stranger, { role: 'server', name: 'api', addresses: [] });
    const liar = createServer({ key, cert: certificate + authority.certificate }, () => assert.fail('was asked'));
    liar.listen(0, '127.0.0.1');
    await once(liar, 'listening');
    servers.push(liar);
    await assert.rejects(joinWith(tokenFor(`127.0.0.1:${(liar.address() as AddressInfo).port}`)), withCode('JOIN_CA_WRONG'));
    assert.deepEqual([foreign.asked, node.asked], [[], []]);
    assert.ok(!(await readdir(stateDir)).includes('node.crt'));
  });

  it('tries the addresses in order and says why none works', async () => {
    const free = createTcpServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const nobody = `127.0.0.1:${(free.address() as AddressInfo).port}`;
    free.close();
    const { address } = await master();
    await assert.rejects(joinWith(tokenFor(nobody)), withCode('JOIN_MASTER_UNREACHABLE', /ECONNREFUSED/));
    assert.equal((await joinWith(tokenFor(nobody, address))).name, 'n7');
  });

  it('hands on why the master refuses, and keeps its key for another attempt', async () => {
    const error = new GantryError('JOIN_TOKEN_INVALID').toReport();
    const refusing = await master({ refuse: { status: 401, body: JSON.stringify({ code: 401, message: 'x', explain: 'y', error }) } });
    await assert.rejects(joinWith(tokenFor(refusing.address)), withCode('JOIN_TOKEN_INVALID'));
    const { key } = agentPaths({ stateDir, runDir: stateDir });
    const before = await readFile(key, 'utf8');
    const { address } = await master();
    await joinWith(tokenFor(address));
    assert.equal(await readFile(key, 'utf8'), before);
  });

  it('calls answers that it cannot use by their name', async () => {
    for (const refuse of [
      { status: 200, body: '<html>' },
      { status: 200, body: '{"node_uuid":"u"}' },
      { status: 500, body: '{"code":500,"message":"oops"}' },
    ]) {
      const { address } = await master({ refuse });
      await assert.rejects(joinWith(tokenFor(address)), withCode('JOIN_FAILED'));
    }
  });

  it('refuses what is no token, without repeating it', async () => {
    const whole = tokenFor('127.0.0.1:1');
    for (const text of ['', 'hello world', whole.slice(0, -20), Buffer.from('{"v":2}').toString('base64url'), whole.replace(/^./, '')]) {
      await assert.rejects(
        joinWith(text),
        (error: GantryError) => error.code === 'JOIN_TOKEN_MALFORMED' && (text === '' || !error.message.includes(text)),
      );
    }
    assert.deepEqual(await readdir(stateDir), []);
  });
});
