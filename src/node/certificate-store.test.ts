import assert from 'node:assert/strict';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { type Authority, createAuthority, createKeyAndRequest, createRevocationList, signNode } from '../rpc/index.ts';
import { type AgentConfig, agentPaths } from './agent-config.ts';
import { type CertificateStore, fileCertificates, readCredentials } from './certificate-store.ts';
import { withCode } from './testing/with-code.ts';

let authority: Authority;
let config: AgentConfig;
let paths: ReturnType<typeof agentPaths>;
const now = Date.now();
before(async () => {
  authority = await createAuthority('test');
});
beforeEach(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'gantry-certificates-'));
  config = { name: 'n1', stateDir, runDir: stateDir } as AgentConfig;
  paths = agentPaths(config);
  const { key, csr } = await createKeyAndRequest('n1');
  const { certificate } = await sign(csr);
  const files = { key, certificate, ca: authority.certificate, crl: await createRevocationList(authority, []) };
  for (const [name, text] of Object.entries(files)) await writeFile(paths[name as 'key'], text);
});
afterEach(() => rm(config.stateDir, { recursive: true }));

const sign = (csr: string, by = authority) => signNode(by, csr, { name: 'n1', addresses: ['10.0.0.1'] });
const read = (path: string) => readFile(path, 'utf8');
const gone = (path: string) =>
  access(path).then(
    () => false,
    () => true,
  );
const serialOf = (pem: string) => new X509Certificate(pem).serialNumber.toLowerCase();

/** A store over the files, and what it told. */
async function opened() {
  const told: unknown[] = [];
  const store: CertificateStore = fileCertificates({
    config,
    credentials: await readCredentials(config, now),
    now: () => now,
    onChange: ({ certificate, crl }, revoked) => told.push([serialOf(certificate), crl.trim(), [...revoked]]),
    onLeft: () => told.push('left'),
  });
  return { store, told };
}

describe('what an agent is started with', () => {
  it('are its key, its certificate, the CA and the list of what is revoked', async () => {
    const [key, certificate, ca, crl] = await Promise.all([paths.key, paths.certificate, paths.ca, paths.crl].map(read));
    assert.deepEqual(await readCredentials(config, now), { key, certificate, ca, crl });
  });

  it('has to be there and to fit', async () => {
    for (const path of [paths.key, paths.certificate, paths.ca, paths.crl]) {
      const text = await read(path);
      await rm(path);
      await assert.rejects(readCredentials(config, now), { code: 'AGENT_NOT_JOINED', facts: { directory: config.stateDir } });
      await writeFile(path, text);
    }
    await writeFile(paths.key, (await createKeyAndRequest('n1')).key);
    await assert.rejects(readCredentials(config, now), withCode('CERTIFICATE_UNFIT', new RegExp(config.stateDir)));
    await rm(paths.ca);
    await assert.rejects(readCredentials({ ...config, stateDir: join(paths.key, 'x') }, now), { code: 'ENOTDIR' });
  });
});

describe('the certificates of a node', () => {
  it('are told with their number, their list and their end; a request keeps the key', async () => {
    const { store } = await opened();
    const certificate = await read(paths.certificate);
    const list = createHash('sha256')
      .update(await read(paths.crl))
      .digest('hex');
    assert.deepEqual(store.identity(), { serial: serialOf(certificate), list });
    assert.equal(store.expires(), new X509Certificate(certificate).validToDate.getTime() / 1000);
    assert.equal(store.needsRenewal(), false);
    const { certificate: next } = await sign(await store.request());
    const spki = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' });
    assert.equal(spki(next), spki(certificate));
    assert.equal(spki(next), createPublicKey(await read(paths.key)).export({ type: 'spki', format: 'pem' }));
    assert.match(new X509Certificate(next).subject, /n1/);
  });

  it('are replaced when they fit, once', async () => {
    const { store, told } = await opened();
    const { certificate } = await sign(await store.request());
    const crl = await createRevocationList(authority, []);
    const signed = { certificate, ca: authority.certificate, crl };
    assert.deepEqual(await store.install(signed), { changed: true });
    assert.deepEqual(told, [[serialOf(certificate), crl.trim(), []]]);
    assert.deepEqual(
      [await read(paths.certificate), await read(paths.ca), await read(paths.crl)],
      [certificate, authority.certificate, crl],
    );
    for (const path of [paths.certificate, paths.ca, paths.crl]) assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal(store.identity().serial, serialOf(certificate));
    assert.deepEqual([await store.install(signed), told.length], [{ changed: false }, 1]);
    const later = await createRevocationList(authority, []);
    if (later !== crl) assert.deepEqual(await store.install({ ...signed, crl: later }), { changed: true });
  });

  it('stay when what comes does not fit', async () => {
    const { store, told } = await opened();
    const before = [await read(paths.certificate), await read(paths.ca), await read(paths.crl), store.identity()];
    const stranger = await createAuthority('test');
    const { certificate } = await sign(await store.request());
    const crl = await createRevocationList(authority, []);
    const foreign = { certificate: (await sign(await store.request(), stranger)).certificate, ca: authority.certificate, crl };
    const otherKey = { certificate: (await sign((await createKeyAndRequest('n1')).csr)).certificate, ca: authority.certificate, crl };
    const foreignList = { certificate, ca: authority.certificate, crl: await createRevocationList(stranger, []) };
    for (const signed of [foreign, otherKey, foreignList]) await assert.rejects(store.install(signed), withCode('CERTIFICATE_UNFIT'));
    await assert.rejects(store.revoke(foreignList.crl), withCode('CERTIFICATE_UNFIT'));
    assert.deepEqual([await read(paths.certificate), await read(paths.ca), await read(paths.crl), store.identity()], before);
    assert.deepEqual(told, []);
  });

  it('of others are revoked by a list, which is kept', async () => {
    const { store, told } = await opened();
    const mine = serialOf(await read(paths.certificate));
    const crl = await createRevocationList(authority, [{ serial: 'ab12', at: now }]);
    assert.deepEqual(await store.revoke(crl), { changed: true });
    assert.deepEqual(told, [[mine, crl.trim(), ['ab12']]]);
    assert.equal(await read(paths.crl), crl);
    assert.deepEqual([await store.revoke(crl), told.length], [{ changed: false }, 1]);
    assert.equal(store.identity().list, createHash('sha256').update(crl).digest('hex'));
    assert.deepEqual([await gone(paths.key), await gone(paths.certificate)], [false, false]);
  });

  it('of this node being revoked, its key goes and its certificate is out of its place', async () => {
    const { store, told } = await opened();
    const certificate = await read(paths.certificate);
    const crl = await createRevocationList(authority, [{ serial: serialOf(certificate), at: now }]);
    assert.deepEqual(await store.revoke(crl), { changed: true });
    assert.equal(told.at(-1), 'left');
    assert.equal(told.length, 2);
    assert.deepEqual([await gone(paths.key), await gone(paths.certificate)], [true, true]);
    assert.equal(await read(`${paths.certificate}.revoked`), certificate);
  });
});
