import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { connect } from 'node:tls';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/cli/connect/http-client.ts';
import { joinAuthority } from '../../src/cli/daemon/join-authority.ts';
import { masterPaths } from '../../src/cli/daemon/master-files.ts';
import { jobEnd, lead } from '../../src/cluster/index.ts';
import { connectTrusted } from '../../src/htools/sources/connect-trusted.ts';
import { keys } from '../../src/model/index.ts';
import { agentPaths, joinCluster, startAgent } from '../../src/node/index.ts';
import { TestCluster } from '../../src/node/testing/test-cluster.ts';
import {
  type Authority,
  type CertificateSubject,
  checkRevocationList,
  createAuthority,
  createCertificate,
  createNodeClient,
  createRevocationList,
  encodeJoinToken,
  type NodeClient,
} from '../../src/rpc/index.ts';
import { createConfig, openStore } from '../../src/store/index.ts';
import { startFakeNodes } from '../support/fake-nodes.ts';
import { simulatedCluster } from '../support/simulated-master.ts';
import { tester } from '../support/tester.ts';

// Who takes over a node has a certificate of the cluster: it must open nothing but what a node may, and nothing at all
// once the node has been taken out.

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server with a certificate of the cluster; it notes what it is told. */
async function serverWith(authority: Authority, role: CertificateSubject['role']) {
  const { key, certificate } = await createCertificate(authority, { role, name: 'node1', addresses: ['127.0.0.1'] });
  const heard: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    response.end('[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  closers.push(() => server.closeAllConnections());
  return { port: (server.address() as AddressInfo).port, heard };
}

test('the command line tells its password to the REST API alone, not to a node that answers in its place', async () => {
  const authority = await createAuthority('test');
  for (const role of ['node', 'master', 'server'] as const) {
    const { port, heard } = await serverWith(authority, role);
    const url = new URL(`https://127.0.0.1:${port}`);
    const client = createHttpClient({ url, ca: authority.certificate, credentials: { user: 'admin', password: 'secret' } } as never);
    closers.push(() => client.close());
    if (role === 'server') await client.request('GET', '/2/nodes');
    else await assert.rejects(client.request('GET', '/2/nodes'), { code: 'CLI_CERTIFICATE_REFUSED' }, role);
    assert.equal(heard.length, role === 'server' ? 1 : 0, role);
  }
});

test('a host that joins tells its token to the REST API alone', async (t) => {
  const authority = await createAuthority('test');
  const { port, heard } = await serverWith(authority, 'node');
  const dir = await mkdtemp(join(tmpdir(), 'gantry-join-'));
  t.after(() => rm(dir, { recursive: true }));
  const { X509Certificate } = await import('node:crypto');
  const { certificateFingerprint } = await import('../../src/rpc/index.ts');
  const token = encodeJoinToken({
    v: 1,
    id: 'id',
    secret: 'secret',
    master: [`127.0.0.1:${port}`],
    ca_sha256: certificateFingerprint(new X509Certificate(authority.certificate)),
    node: 'fresh',
  });
  const request = { token, stateDir: dir, primaryIp: '192.0.2.9', secondaryIp: '192.0.2.9', agentPort: 1811, clock: systemClock };
  await assert.rejects(joinCluster(request), { code: 'JOIN_CA_WRONG' });
  assert.deepEqual(heard, []);
});

test('the placement tools believe monitors with a certificate of a node that is not revoked', async () => {
  const authority = await createAuthority('test');
  const never = new AbortController().signal;
  for (const role of ['node', 'master', 'server'] as const) {
    const { port } = await serverWith(authority, role);
    const asking = connectTrusted({ host: '127.0.0.1', port }, [authority.certificate], never, undefined, { role: 'node' });
    if (role === 'node') (await asking).destroy();
    else await assert.rejects(asking, /not of a node|purpose/, role);
  }
  const { port } = await serverWith(authority, 'node');
  const socket = await connectTrusted({ host: '127.0.0.1', port }, [authority.certificate], never);
  const serial = socket.getPeerX509Certificate()?.serialNumber ?? '';
  socket.destroy();
  const crl = await createRevocationList(authority, [{ serial, at: Date.now() }]);
  await assert.rejects(connectTrusted({ host: '127.0.0.1', port }, [authority.certificate], never, undefined, { crl }), /revoked/);
});

test('a revoked master is cut off from an agent at once, with what it has open', async () => {
  const cluster = await TestCluster.create();
  closers.push(() => cluster.close());
  const agent = await cluster.startAgent();
  const thief = await createCertificate(cluster.authority, { role: 'master', name: 'master', addresses: [] });
  const socket = connect({
    host: '127.0.0.1',
    port: agent.port,
    key: thief.key,
    cert: thief.certificate,
    ca: cluster.authority.certificate,
    rejectUnauthorized: false,
  });
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
  socket.on('error', () => undefined);
  // A call that is under way: its body does not come.
  socket.write('POST /rpc/node-info HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n');
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const master = await cluster.client(() => agent);
  const crl = await createRevocationList(cluster.authority, [{ serial: thief.serial, at: Date.now() }]);
  await master.call('n1', 'revocation-install', { crl }, { stepId: '1' });
  await closed;
  assert.equal((await master.call('n1', 'node-info', {})).name, 'n1', 'the other master goes on');
});

test('a list of revoked certificates that the CA has not signed changes nothing', async () => {
  const cluster = await TestCluster.create();
  closers.push(() => cluster.close());
  const agent = await cluster.startAgent();
  const master = await cluster.client(() => agent);
  const before = await readFile(agentPaths(cluster.config).crl, 'utf8');
  const forged = await createRevocationList(await createAuthority('test'), []);
  for (const crl of ['', 'nonsense', forged, cluster.authority.certificate]) {
    await assert.rejects(master.call('n1', 'revocation-install', { crl }, { stepId: crl.slice(0, 20) || 'empty' }), {
      code: 'CERTIFICATE_UNFIT',
    });
  }
  assert.equal(await readFile(agentPaths(cluster.config).crl, 'utf8'), before);
  assert.equal((await master.call('n1', 'node-info', {})).name, 'n1');
});

/** A real master over real agents on loopback. */
async function realCluster(count: number) {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-revoke-'));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const nodes = await startFakeNodes(dir, count);
  closers.push(() => nodes.close());
  const paths = masterPaths(join(dir, 'master'));
  await mkdir(join(dir, 'master'));
  await writeFile(paths.caKey, nodes.authority.key);
  await writeFile(paths.ca, nodes.authority.certificate);
  const store = await openStore(`sqlite:${join(dir, 'store.db')}`);
  closers.push(() => store.close());
  const uuids = nodes.nodes.map((_, index) => `00000000-0000-4000-8000-00000000000${index + 1}`);
  const initial = simulatedCluster(uuids);
  const real = initial.nodes?.map((node, index) => {
    const { port = 0, fingerprint = '' } = nodes.nodes[index] ?? {};
    return { ...node, primary_ip: '127.0.0.1', secondary_ip: '127.0.0.1', agent_port: port, certificate_fingerprint: fingerprint };
  });
  await createConfig(store, { ...initial, nodes: real ?? [] });
  const master = await createCertificate(nodes.authority, { role: 'master', name: 'master', addresses: [] });
  let client: NodeClient | undefined;
  const credentials = { ...master, ca: nodes.authority.certificate, crl: await createRevocationList(nodes.authority, []) };
  const targets = new Map(
    real?.map((node) => [
      node.uuid,
      { name: node.name, address: '127.0.0.1', port: node.agent_port, fingerprint: node.certificate_fingerprint },
    ]),
  );
  const leading = await lead({
    store,
    name: 'node1',
    clock: systemClock,
    log: silentLog,
    authority: await joinAuthority(paths, [], (crl) => client?.replaceCredentials({ ...credentials, crl })),
    signal: new AbortController().signal,
    pollIntervalMs: 60_000,
    connect: (_config, term) => {
      client = createNodeClient({ credentials, term, resolve: (uuid) => targets.get(uuid) });
      return client;
    },
  });
  await leading.start();
  closers.push(() => leading.close());
  return { dir, nodes, leading, uuids, store, masterList: paths.crl };
}

test('a node that is taken out is told, and every other node, agent and master knows when the job ends', async () => {
  const { dir, leading, uuids, masterList, store, nodes } = await realCluster(3);
  const { config, jobs, live } = leading.services;
  // Recorded from its first report, as the first node of every cluster and those of earlier versions are.
  for (const uuid of uuids) await live.refresh(uuid);
  const recorded = () => uuids.map((uuid) => config.current.nodes.get(uuid)?.certificates?.length ?? 0);
  for (let tries = 0; recorded().includes(0); tries++) {
    assert.ok(tries < 500, `certificates are not recorded: ${recorded().join()}`);
    await systemClock.sleep(20);
  }
  const [certificate] = config.current.nodes.get(uuids[2] ?? '')?.certificates ?? [];
  assert.ok(certificate);
  await jobEnd(jobs, await jobs.submit([{ OP_ID: 'OP_NODE_REMOVE', node_name: 'node3' }], tester));
  const lists = [masterList, ...['node1', 'node2', 'node3'].map((name) => join(dir, name, 'ca.crl'))];
  for (const list of lists) {
    const { serials } = await checkRevocationList(await readFile(list, 'utf8'), nodes.authority.certificate);
    assert.deepEqual([...serials], [certificate.serial.replace(/^0+/, '')], list);
  }
  await assert.rejects(access(join(dir, 'node3', 'node.crt')), { code: 'ENOENT' }, 'it serves with its certificate no more');
  await assert.rejects(access(join(dir, 'node3', 'node.key')), { code: 'ENOENT' });
  await access(join(dir, 'node2', 'node.crt'));
  assert.equal((await store.get(keys.cluster))?.value.includes(certificate.serial), true, 'the next master knows it');
  const config3 = { name: 'node3', stateDir: join(dir, 'node3'), runDir: join(dir, 'run3'), logDir: join(dir, 'log3') };
  const options = {
    ...config3,
    listen: { host: '127.0.0.1', port: 0 },
    fileStorageDir: dir,
    sharedFileStorageDir: dir,
    osSearchPath: [],
    uidBase: 0,
  };
  await assert.rejects(startAgent(options, { log: silentLog }), { code: 'AGENT_NOT_JOINED' });
});

test('a node that was away when another one was taken out is told with its next report', async () => {
  const { dir, leading, uuids, nodes } = await realCluster(2);
  const { config, live, jobs } = leading.services;
  await config.transact((draft) =>
    draft.update('cluster', config.current.cluster.uuid, (old) => ({ ...old, revoked_certificates: { abc: { at: 1, expires: 4e9 } } })),
  );
  await live.refresh(uuids[1] ?? '');
  const known = async () =>
    (await checkRevocationList(await readFile(join(dir, 'node2', 'ca.crl'), 'utf8'), nodes.authority.certificate)).serials;
  for (let tries = 0; !(await known()).has('abc'); tries++) {
    assert.ok(tries < 500, 'the node is not told');
    await systemClock.sleep(20);
    // One that comes while the first list is still on its way is not looked at.
    await live.refresh(uuids[1] ?? '');
  }
  assert.equal(jobs.list().length, 0);
});

test('a stranger gets no further than the handshake', async () => {
  const cluster = await TestCluster.create();
  closers.push(() => cluster.close());
  const agent = await cluster.startAgent();
  const other = await createAuthority('other');
  const certificates = [
    await createCertificate(cluster.authority, { role: 'node', name: 'n2', addresses: ['127.0.0.1'] }),
    await createCertificate(other, { role: 'master', name: 'master', addresses: [] }),
  ];
  for (const { key, certificate } of certificates) {
    const client = createNodeClient({
      credentials: { key, certificate, ca: cluster.authority.certificate, crl: await createRevocationList(cluster.authority, []) },
      term: 1,
      resolve: () => ({ name: 'n1', address: '127.0.0.1', port: agent.port, fingerprint: cluster.fingerprint }),
      retryDelaysMs: [],
    });
    closers.push(() => client.close());
    await assert.rejects(
      client.call('n1', 'node-info', {}),
      ({ code }: { code?: string }) => code === 'NODE_REFUSED_CALLER' || code === 'RPC_CALLER_REFUSED',
    );
  }
  // Nothing that is not TLS is answered either.
  const plain = connectTcp(agent.port, '127.0.0.1');
  plain.on('error', () => undefined);
  plain.write('POST /rpc/node-info HTTP/1.1\r\nHost: x\r\n\r\n');
  const answer: Buffer[] = [];
  plain.on('data', (piece: Buffer) => answer.push(piece));
  await new Promise<void>((resolve) => plain.once('close', () => resolve()));
  assert.doesNotMatch(Buffer.concat(answer).toString(), /memory_total/);
});

test('nobody is taken for a node that is only configured, whatever certificate of the cluster he has', async () => {
  const cluster = await TestCluster.create();
  closers.push(() => cluster.close());
  const agent = await cluster.startAgent();
  const master = await createCertificate(cluster.authority, { role: 'master', name: 'master', addresses: [] });
  const credentials = { ...master, ca: cluster.authority.certificate, crl: await createRevocationList(cluster.authority, []) };
  const clientFor = (fingerprint: string) => {
    const target = { name: 'n1', address: '127.0.0.1', port: agent.port, fingerprint };
    const client = createNodeClient({ credentials, term: 1, resolve: () => target, retryDelaysMs: [] });
    closers.push(() => client.close());
    return client;
  };
  await clientFor(cluster.fingerprint).call('n1', 'node-info', {});
  await assert.rejects(clientFor('').call('n1', 'node-info', {}), { code: 'NODE_IDENTITY_WRONG' });
});
