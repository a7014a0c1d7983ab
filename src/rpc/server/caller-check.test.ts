import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { Socket } from 'node:net';
import { before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { createAuthority } from '../certificates/create-authority.ts';
import { createCertificate } from '../certificates/sign-certificate.ts';
import { withCode } from '../testing/loopback.ts';
import { createCallerCheck } from './caller-check.ts';

type Role = 'master' | 'node';
const certificates = {} as Record<Role, X509Certificate>;

before(async () => {
  const authority = await createAuthority('test');
  for (const role of ['master', 'node'] as const)
    certificates[role] = new X509Certificate((await createCertificate(authority, { role, name: 'm1', addresses: [] })).certificate);
});

interface Seen {
  readonly role?: Role;
  readonly authorized?: boolean;
  readonly resumed?: boolean;
}

/** A socket on which TLS has found out what is given, and how often its certificate was read. */
function connection({ role, authorized = true, resumed = false }: Seen) {
  const socket = new TLSSocket(new Socket());
  let reads = 0;
  Object.defineProperties(socket, {
    authorized: { value: authorized },
    isSessionReused: { value: () => resumed },
    getPeerX509Certificate: { value: () => (reads++, role && certificates[role]) },
  });
  return { socket, reads: () => reads };
}

describe('who may call an agent', () => {
  test('is a master, whose certificate is read once a connection', () => {
    const check = createCallerCheck();
    const { socket, reads } = connection({ role: 'master' });
    for (let call = 0; call < 3; call++) assert.deepEqual([check(socket).role, check(socket).name], ['master', 'm1']);
    assert.equal(reads(), 1);
  });

  test('is nobody without TLS, without a verified certificate, with a resumed session, or of another role', () => {
    const check = createCallerCheck();
    const refused = (socket: Socket, problem: RegExp) => assert.throws(() => check(socket), withCode('RPC_CALLER_REFUSED', problem));
    refused(new Socket(), /is not authenticated/);
    refused(connection({ role: 'master', authorized: false }).socket, /is not authenticated/);
    refused(connection({ role: 'master', resumed: true }).socket, /not resumed/);
    refused(connection({}).socket, /there is none/);
    refused(connection({ role: 'node' }).socket, /that of a node \(m1\), not of a master/);
  });

  test('is asked for with each call: a master may be removed while its connection stands', () => {
    let registered = true;
    const check = createCallerCheck(({ name }) => registered && name === 'm1');
    const { socket } = connection({ role: 'master' });
    check(socket);
    registered = false;
    assert.throws(() => check(socket), withCode('RPC_CALLER_REFUSED', /m1.*is not registered/));
  });
});
