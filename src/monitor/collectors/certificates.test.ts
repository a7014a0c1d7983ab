import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAuthority } from '../../rpc/index.ts';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { certificates, judgeCertificates, parseCertificate } from './certificates.ts';

const day = 86_400;

test('good, waiting for renewal, expired, not yet valid, not a certificate', () => {
  const one = { path: '/a.crt', subject: 'CN=a', notBefore: 0, notAfter: 100 * day };
  const judge = (now: number) => judgeCertificates([one], now * day);
  assert.deepEqual(judge(50), { code: 0, message: '' });
  assert.deepEqual(judge(85), { code: 1, message: '/a.crt expires in 15 days' });
  assert.deepEqual(judge(103), { code: 4, message: '/a.crt expired 3 days ago' });
  assert.equal(judge(-1).code, 4);
  const both = judgeCertificates([one, { path: '/b.crt', problem: 'garbage' }], 85 * day);
  assert.deepEqual(both, { code: 4, message: '/a.crt expires in 15 days\n/b.crt is no certificate: garbage' });
});

test('the collector: real certificates, one replaced, one empty, one gone', async () => {
  using host = createTestHost();
  const now = host.context.wallTime();
  const old = await createAuthority('c1', { now, days: 10 });
  const fresh = await createAuthority('c1', { now, days: 100 });
  const collect = host.begin(certificates);
  assert.deepEqual(collect(calmRun), { status: { code: 0, message: '' }, certificates: [] });
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
