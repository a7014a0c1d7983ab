import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { withCode } from '../testing/loopback.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { checkCertificate } from './check-certificate.ts';
import { type Authority, createAuthority } from './create-authority.ts';
import { createKeyAndRequest, createRequest } from './create-request.ts';
import { createRevocationList } from './create-revocation-list.ts';
import { publicKeyFingerprint } from './fingerprint.ts';
import { needsRenewal } from './needs-renewal.ts';
import { createCertificate, signNode } from './sign-certificate.ts';
import * as x509 from './x509.ts';

const day = 86_400_000;
const now = Date.UTC(2030, 0, 1);

describe('certificates', () => {
  let authority: Authority;
  before(async () => {
    authority = await createAuthority('cluster.example.com', { now });
  });

  it('come from a CA that can sign nothing but end certificates', async () => {
    const ca = new X509Certificate(authority.certificate);
    assert.ok(ca.ca && ca.checkIssued(ca) && ca.verify(ca.publicKey));
    assert.match(ca.subject, /CN=cluster\.example\.com/);
    assert.deepEqual(createPrivateKey(authority.key).asymmetricKeyDetails, { namedCurve: 'prime256v1' });
    assert.match(
      String(
        x509.X509Certificate && new x509.X509Certificate(authority.certificate).getExtension(x509.BasicConstraintsExtension)?.pathLength,
      ),
      /^0$/,
    );
  });

  it('carry name, addresses and role that the signer gives, and the key of the request', async () => {
    const { key, csr } = await createKeyAndRequest('liar');
    const addresses = ['10.0.0.7', 'fd00::7', 'node7.example.com'];
    const { certificate, fingerprint } = await signNode(authority, csr, { name: 'node7', addresses }, { now });
    const parsed = new X509Certificate(certificate);
    const { serialNumber } = parsed;
    assert.deepEqual(certificateIdentity(parsed), { role: 'node', name: 'node7', fingerprint, serial: serialNumber.toLowerCase() });
    for (const ip of ['10.0.0.7', 'fd00::7']) assert.equal(parsed.checkIP(ip), ip);
    for (const host of ['node7', 'node7.example.com']) assert.equal(parsed.checkHost(host, { subject: 'never' }), host);
    assert.ok(parsed.checkPrivateKey(createPrivateKey(key)));
    assert.deepEqual(parsed.keyUsage?.toSorted(), ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    assert.equal(parsed.ca, false);
  });

  it('keep their fingerprint when they are renewed for the same key', async () => {
    const { key, csr } = await createKeyAndRequest('n');
    const node = { name: 'n', addresses: [] };
    const first = await signNode(authority, csr, node, { now });
    const second = await signNode(authority, await createRequest(key, 'n'), node, { now: now + day });
    assert.notEqual(first.certificate, second.certificate);
    assert.equal(first.fingerprint, second.fingerprint);
    const other = await signNode(authority, (await createKeyAndRequest('n')).csr, node, { now });
    assert.notEqual(first.fingerprint, other.fingerprint);
    assert.equal(publicKeyFingerprint(new X509Certificate(second.certificate)), first.fingerprint);
  });

  it('are refused for requests that are garbage, of another kind of key, or signed by another key', async () => {
    const sign = (csr: string) => signNode(authority, csr, { name: 'n', addresses: [] }, { now });
    await assert.rejects(sign('garbage'), withCode('CERTIFICATE_REQUEST_INVALID', /cannot be read/));
    await assert.rejects(sign(authority.certificate), withCode('CERTIFICATE_REQUEST_INVALID'));
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
    const keys = await crypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=n', keys, signingAlgorithm: rsa });
    await assert.rejects(sign(request.toString('pem')), withCode('CERTIFICATE_REQUEST_INVALID', /P-256/));
    const { csr } = await createKeyAndRequest('n');
    const forged = Buffer.from(csr.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${forged.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await assert.rejects(sign(pem), withCode('CERTIFICATE_REQUEST_INVALID', /own key/));
  });

  it('are to be renewed when less than a third of their life is left', async () => {
    const { certificate } = await createCertificate(authority, { role: 'node', name: 'n', addresses: [] }, { now, days: 300 });
    assert.equal(needsRenewal(certificate, now), false);
    assert.equal(needsRenewal(certificate, now + 199 * day), false);
    assert.equal(needsRenewal(certificate, now + 201 * day), true);
    assert.equal(needsRenewal(certificate, now + 400 * day), true);
  });

  it('never outlive their CA', async () => {
    const { certificate } = await createCertificate(authority, { role: 'node', name: 'n', addresses: [] }, { now, days: 99_999 });
    const end = (pem: string) => new X509Certificate(pem).validToDate.getTime();
    assert.equal(end(certificate), end(authority.certificate));
  });

  it('are checked against key, CA and time before they are used', async () => {
    const made = await createCertificate(authority, { role: 'node', name: 'n', addresses: [] }, { now, days: 10 });
    const good = { ...made, ca: authority.certificate };
    checkCertificate(good, 'n', now);
    const other = await createAuthority('cluster.example.com', { now });
    const check = (changes: Partial<typeof good>, at = now) =>
      assert.throws(() => checkCertificate({ ...good, ...changes }, 'n', at), withCode('CERTIFICATE_UNFIT'));
    check({ key: other.key });
    check({ ca: other.certificate });
    check({ ca: made.certificate });
    check({ certificate: '' });
    check({ key: 'no key' });
    check({}, now + 11 * day);
    check({}, now - day);
  });

  it('are revoked by lists of the form that TLS reads', async () => {
    const crl = await createRevocationList(authority, [{ serial: '0a', at: now }], now);
    assert.match(crl, /^-----BEGIN X509 CRL-----\n[\s\S]*\n-----END X509 CRL-----\n$/);
    // What TLS makes of it is shown by the tests of the server.
    assert.ok(
      Buffer.from(crl.replaceAll(/-----.*-----|\s/g, ''), 'base64')
        .toString('latin1')
        .includes('cluster.example.com'),
    );
  });
});
