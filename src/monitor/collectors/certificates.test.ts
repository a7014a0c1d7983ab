import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import { createAuthority } from '../../rpc/index.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { certificates, judgeCertificates, parseCertificate } from './certificates.ts';

const day = 86_400;

test('good, waiting for renewal, expired, not yet valid, not a certificate', () => {
  const one = { path: '/a.crt', subject: 'CN=a', notBefore: 0, notAfter: 100 * day };
  const judge = (now: number) => judgeCertificates({ certificates: [one], privateKeys: [] }, now * day);
  assert.deepEqual(judge(50), { code: 0, message: '' });
  assert.deepEqual(judge(85), { code: 1, message: '/a.crt expires in 15 days' });
  assert.deepEqual(judge(103), { code: 4, message: '/a.crt expired 3 days ago' });
  assert.equal(judge(-1).code, 4);
  const both = judgeCertificates({ certificates: [one, { path: '/b.crt', problem: 'garbage' }], privateKeys: [] }, 85 * day);
  assert.deepEqual(both, { code: 4, message: '/a.crt expires in 15 days\n/b.crt is not a certificate: garbage' });
});

test('the collector: real certificates, one replaced, one empty, one gone', async () => {
  using host = createTestHost();
  const now = host.context.wallTime();
  const old = await createAuthority('c1', { now, days: 10 });
  const fresh = await createAuthority('c1', { now, days: 100 });
  const collect = host.begin(certificates);
  assert.deepEqual(collect(calmRun), { status: { code: 0, message: '' }, certificates: [], privateKeys: [] });
  host.write('/var/lib/gantry/node/ca.crt', old.certificate);
  host.write('/var/lib/gantry/node/node.key', 'secret');
  const first = collect(calmRun) as Parameters<typeof certificates.measure>[0];
  assert.deepEqual(first.certificates, [parseCertificate('/var/lib/gantry/node/ca.crt', old.certificate)]);
  const expiry = Math.floor(now / 1000) + 10 * day;
  assert.match(
    formatSamples(certificates, first)[0]?.text ?? '',
    new RegExp(`^gantry_certificate_expiry_seconds\\{path="[^"]+"\\} ${expiry}`),
  );
  host.write('/var/lib/gantry/node/new', fresh.certificate);
  renameSync(join(host.root, '/var/lib/gantry/node/new'), join(host.root, '/var/lib/gantry/node/ca.crt'));
  host.write('/var/lib/gantry/master/master.crt', '');
  host.write('/var/lib/gantry/master/api.crt', fresh.certificate.slice(0, 200));
  host.vanish('/var/lib/gantry/master/gone.crt');
  const second = collect(calmRun) as typeof first;
  assert.equal(second.status.code, 4);
  assert.deepEqual(
    second.certificates.map((one) => [one.path, 'problem' in one || one.notAfter - expiry]),
    [
      ['/var/lib/gantry/master/api.crt', true],
      ['/var/lib/gantry/master/master.crt', true],
      ['/var/lib/gantry/node/ca.crt', 90 * day],
    ],
  );
});

test('those that the agent serves with are watched too, each once, and a pipe holds up nobody', async () => {
  using host = createTestHost();
  const { certificate } = await createAuthority('c1', { now: host.context.wallTime(), days: 10 });
  host.write('/srv/tls/node.crt', certificate);
  host.write('/var/lib/gantry/node/ca.crt', certificate);
  spawnSync('mkfifo', [join(host.root, '/srv/tls/pipe.crt')]);
  const paths = (given: string) => {
    const report = certificates.start({ ...host.context, certificates: given })(calmRun) as Parameters<typeof certificates.measure>[0];
    return report.certificates.map((one) => [one.path, 'problem' in one]);
  };
  assert.deepEqual(paths('/srv/tls/'), [
    ['/var/lib/gantry/node/ca.crt', false],
    ['/srv/tls/node.crt', false],
    ['/srv/tls/pipe.crt', true],
  ]);
  assert.deepEqual(paths('/var/lib/gantry/node'), [['/var/lib/gantry/node/ca.crt', false]]);
  for (let i = 0; i < 100; i++) host.write(`/srv/tls/many${i}.crt`, '');
  assert.equal(paths('/srv/tls').length, 65);
});

test('a private key that everybody can read is told of; one in a closed folder is not', () => {
  using host = createTestHost({ '/srv/tls/node.key': 'x', '/srv/tls/group.key': 'x', '/var/lib/gantry/node/node.key': 'x' });
  const mode = (path: string, bits: number) => chmodSync(join(host.root, path), bits);
  for (const path of ['/srv', '/srv/tls', '/var', '/var/lib', '/var/lib/gantry']) mode(path, 0o755);
  mode('/srv/tls/group.key', 0o640);
  mode('/srv/tls/node.key', 0o644);
  mode('/var/lib/gantry/node', 0o750);
  mode('/var/lib/gantry/node/node.key', 0o644);
  const collect = certificates.start({ ...host.context, certificates: '/srv/tls' });
  const told = () => collect(calmRun) as Parameters<typeof certificates.measure>[0];
  const report = told();
  assert.deepEqual(report.privateKeys, [
    { path: '/var/lib/gantry/node/node.key', exposed: false },
    { path: '/srv/tls/group.key', exposed: false },
    { path: '/srv/tls/node.key', exposed: true },
  ]);
  assert.deepEqual(report.status, { code: 4, message: '/srv/tls/node.key is a private key that everybody can read' });
  const text = formatSamples(certificates, report).find(({ family }) => family === 'gantry_private_key_exposed')?.text;
  assert.match(text ?? '', /^gantry_private_key_exposed\{path="\/srv\/tls\/node.key"\} 1$/m);
  mode('/srv/tls/node.key', 0o600);
  assert.equal(told().status.code, 0);
});
