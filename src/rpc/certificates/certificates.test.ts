import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { withCode } from '../testing/loopback.ts';
import { certificateIdentity } from './certificate-identity.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkRevocationList, plainSerial } from './check-revocation-list.ts';
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
    const otherCurve = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-256' };
    const large = await crypto.subtle.generateKey(otherCurve, true, ['sign', 'verify']);
    const otherRequest = { name: 'CN=n', keys: large, signingAlgorithm: otherCurve };
    const p384 = await x509.Pkcs10CertificateRequestGenerator.create(otherRequest);
    await assert.rejects(sign(p384.toString('pem')), withCode('CERTIFICATE_REQUEST_INVALID', /its key is not ECDSA P-256/));
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
    const { validFromDate, validToDate } = new X509Certificate(certificate);
    const third = (validToDate.getTime() - validFromDate.getTime()) / 3;
    assert.equal(needsRenewal(certificate, validToDate.getTime() - third), false);
    assert.equal(needsRenewal(certificate, validToDate.getTime() - third + 1), true);
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
    const { validFromDate, validToDate } = new X509Certificate(made.certificate);
    for (const edge of [validFromDate, validToDate]) checkCertificate(good, 'n', edge.getTime());
    const check = (problem: RegExp, changes: Partial<typeof good>, at = now) =>
      assert.throws(() => checkCertificate({ ...good, ...changes }, 'n', at), withCode('CERTIFICATE_UNFIT', problem));
    check(/it belongs to another key/, { key: other.key });
    check(/it is not signed by the CA/, { ca: other.certificate });
    check(/it is not signed by the CA/, { ca: made.certificate });
    check(/it cannot be read/, { certificate: '' });
    check(/it cannot be read/, { key: 'no key' });
    check(/it has expired on 2030-01-11T00:00:00.000Z/, {}, validToDate.getTime() + 1);
    check(/it is valid only from 2029-12-31T23:55:00.000Z/, {}, validFromDate.getTime() - 1);
    // One that only calls itself a CA: its name is right, its signature is not.
    const impostor = await createCertificate(other, { role: 'node', name: 'n', addresses: [] }, { now, days: 10 });
    check(/it is not signed by the CA/, { certificate: impostor.certificate, key: impostor.key });
    // One that is signed by a certificate that may not sign.
    const child = await createCertificate(
      { certificate: made.certificate, key: made.key },
      { role: 'node', name: 'm', addresses: [] },
      { now },
    );
    check(/it is not signed by the CA/, { certificate: child.certificate, key: child.key, ca: made.certificate });
  });

  it('have names of at most 64 characters, whole ones beside', async () => {
    const name = `${'n'.repeat(63)}ab`;
    const long = await createCertificate(authority, { role: 'node', name, addresses: [] }, { now });
    const parsed = new X509Certificate(long.certificate);
    assert.equal(certificateIdentity(parsed).name, `${'n'.repeat(63)}a`);
    assert.match(String(parsed.subjectAltName), new RegExp(`DNS:${name}(,|$)`));
    const ca = new X509Certificate((await createAuthority(name, { now })).certificate);
    assert.match(ca.subject, new RegExp(`^CN=${'n'.repeat(63)}a$`, 'm'));
    const request = new x509.Pkcs10CertificateRequest((await createKeyAndRequest(name)).csr);
    assert.equal(request.subject, `CN=${'n'.repeat(63)}a`);
  });

  it('of a server are followed by that of the CA, others are not', async () => {
    const { certificate } = await createCertificate(authority, { role: 'server', name: 's', addresses: [] }, { now });
    assert.ok(certificate.endsWith(authority.certificate) && certificate.length > authority.certificate.length);
    const { certificate: alone } = await createCertificate(authority, { role: 'master', name: 'm', addresses: [] }, { now });
    assert.equal(alone.match(/BEGIN CERTIFICATE/g)?.length, 1);
    assert.deepEqual(new X509Certificate(alone).keyUsage, ['1.3.6.1.5.5.7.3.2']);
    assert.deepEqual(new X509Certificate(certificate).keyUsage, ['1.3.6.1.5.5.7.3.1']);
  });

  it('without a name or a role are those of nobody', async () => {
    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const bare = await x509.X509CertificateGenerator.createSelfSigned({ name: 'O=Gantry', keys, signingAlgorithm });
    const { role, name } = certificateIdentity(new X509Certificate(bare.toString('pem')));
    assert.deepEqual([role, name], [undefined, '']);
  });

  it('are known by lists of the CA that say which ones are revoked, and by no other', async () => {
    const crl = await createRevocationList(authority, [{ serial: '0aB1', at: now }], now);
    assert.deepEqual((await checkRevocationList(crl, authority.certificate)).serials, new Set(['ab1']));
    assert.deepEqual(['00AB', '0', 'ab1'].map(plainSerial), ['ab', '', 'ab1']);
    const other = await createAuthority('cluster.example.com', { now });
    const refused = (problem: RegExp) => withCode('CERTIFICATE_UNFIT', problem);
    await assert.rejects(checkRevocationList(crl, other.certificate), refused(/revoked certificates.*not signed by the CA/));
    await assert.rejects(checkRevocationList('garbage', authority.certificate), refused(/cannot be read/));
    await assert.rejects(checkRevocationList(crl, 'garbage'), refused(/cannot be read/));
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
