import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority, createCertificate } from '../../rpc/index.ts';
import { masterPaths } from './master-files.ts';
import { renewOwnCertificates } from './renew-own-certificates.ts';

const day = 86_400_000;

test("the master's own certificates are renewed in the last third of their life, with the same names", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-renew-'));
  t.after(() => rm(dir, { recursive: true }));
  const paths = masterPaths(dir);
  const authority = await createAuthority('test');
  const addresses = ['127.0.0.1', 'api.example.org', '10.0.0.1'];
  const master = await createCertificate(authority, { role: 'master', name: 'master', addresses: [] });
  const api = await createCertificate(authority, { role: 'server', name: 'gantry', addresses });
  await Promise.all([
    writeFile(paths.ca, authority.certificate),
    writeFile(paths.caKey, authority.key),
    writeFile(paths.key, master.key),
    writeFile(paths.certificate, master.certificate),
    writeFile(paths.apiKey, api.key),
    writeFile(paths.apiCertificate, api.certificate),
  ]);
  assert.equal(await renewOwnCertificates(paths), false, 'not while they are young');
  assert.equal(await readFile(paths.apiCertificate, 'utf8'), api.certificate);

  const later = Date.now() + 300 * day;
  assert.equal(await renewOwnCertificates(paths, later), true);
  const renewed = new X509Certificate(await readFile(paths.apiCertificate));
  assert.ok(renewed.validToDate.getTime() > later + 300 * day);
  assert.ok(renewed.checkPrivateKey(createPrivateKey(await readFile(paths.apiKey))));
  assert.ok(renewed.verify(new X509Certificate(authority.certificate).publicKey));
  for (const address of addresses) assert.ok(renewed.subjectAltName?.includes(`:${address}`), address);
  assert.ok(new X509Certificate(await readFile(paths.certificate)).subjectAltName?.includes('urn:gantry:master'));
});
