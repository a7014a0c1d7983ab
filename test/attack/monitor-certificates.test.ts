import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { writeFileAtomic } from '../../src/base/index.ts';
import { type Authority, type CertificateSubject, createAuthority, createCertificate, createRevocationList } from '../../src/rpc/index.ts';
import { until } from '../support/until.ts';

// A monitoring agent answers members of its cluster: not a certificate of the REST API, not one that was revoked since its
// holder connected; and with the certificate of a host that was taken out it answers nobody.

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
let dir = '';
let authority: Authority;
let child: ChildProcess;
let port = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-monitor-attack-'));
  authority = await createAuthority('test');
  const { key, certificate } = await createCertificate(authority, { role: 'node', name: 'node1', addresses: ['127.0.0.1'] });
  await writeFile(join(dir, 'node.key'), key, { mode: 0o600 });
  await writeFile(join(dir, 'node.crt'), certificate);
  await writeFile(join(dir, 'ca.crt'), authority.certificate);
  await writeFile(join(dir, 'ca.crl'), await createRevocationList(authority, []));
  await chmod(dir, 0o700);
  child = spawn(process.execPath, [main, 'monitor', '--listen', '127.0.0.1:0', '--certificates', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  await until('the agent serves', () => {
    port = Number(/"port":(\d+)/.exec(said)?.[1] ?? 0);
    return port > 0;
  });
});
afterEach(async () => {
  if (child.exitCode === null) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

/** A holder of a certificate, with one connection that is kept. */
async function holder(role: CertificateSubject['role']) {
  const { key, certificate, serial } = await createCertificate(authority, { role, name: 'someone', addresses: [] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, key, cert: certificate, ca: authority.certificate });
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path: '/1/list/collectors', agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });
  return { ask, serial, agent };
}

test('nodes and masters are answered, the certificate of the REST API is not', async () => {
  for (const role of ['node', 'master', 'server'] as const) {
    const { ask, agent } = await holder(role);
    assert.equal(await ask().catch(() => 401), role === 'server' ? 401 : 200, role);
    agent.destroy();
  }
});

test('who is revoked is cut off with the connection that he has', async () => {
  const [good, bad] = [await holder('node'), await holder('node')];
  assert.deepEqual([await good.ask(), await bad.ask()], [200, 200]);
  await writeFileAtomic(join(dir, 'ca.crl'), await createRevocationList(authority, [{ serial: bad.serial, at: Date.now() }]), 0o600);
  await until('the revoked one is refused', async () => (await bad.ask().catch(() => 401)) === 401);
  assert.equal(await good.ask().catch(() => good.ask()), 200);
  for (const { agent } of [good, bad]) agent.destroy();
});

test('with the certificate of the host gone, the agent ends', async () => {
  const ended = once(child, 'exit');
  await rename(join(dir, 'node.crt'), join(dir, 'node.crt.revoked'));
  assert.deepEqual((await ended)[0], 1);
});
