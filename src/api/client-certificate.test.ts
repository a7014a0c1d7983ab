/** A scheme that knows clients by their certificates gets what it needs from the server, and nothing that was not checked. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { Type } from 'typebox';
import { openAuthenticator } from '../access/index.ts';
import { silentLog, systemClock } from '../base/index.ts';
import { type ApiRig, startApiRig } from './testing/api-rig.ts';
import { writeTestCertificate } from './testing/test-certificate.ts';

interface Pair {
  readonly key: string;
  readonly cert: string;
}

let folder = '';
let rig: ApiRig;
let known: Pair;
let stranger: Pair;

async function makePair(name: string): Promise<Pair> {
  const own = join(folder, name);
  await mkdir(own);
  const { key, pem } = await writeTestCertificate(own);
  return { key: await readFile(key, 'utf8'), cert: pem };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-client-certificate-'));
  [known, stranger] = [await makePair('known'), await makePair('stranger')];
  const scheme = {
    name: 'trial',
    summary: 'Clients by their certificates',
    settings: Type.Object({}),
    open: () => ({
      clientAuthorities: [known.cert],
      claim: ({ certificate }: { certificate?: { certificate: { subject: string }; trusted: boolean } | undefined }) =>
        certificate && {
          prove: () =>
            certificate.trusted
              ? { principal: { name: certificate.certificate.subject, scheme: 'trial', groups: [], options: ['read'] } }
              : ({ refused: 'wrong-secret' } as const),
        },
    }),
  };
  const context = { log: silentLog, clock: systemClock };
  rig = await startApiRig({ authenticator: await openAuthenticator({ chain: [{ scheme: 'trial' }] }, context, [scheme]) });
});
after(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

/** The status of a query, which needs `read`. */
function ask(pair: Partial<Pair>, agent = new Agent({ keepAlive: false })): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const path = '/2/query/node?fields=name';
  request({ ...rig.address, path, ca: rig.ca, servername: 'localhost', agent, ...pair }, (reply) => {
    reply.resume().on('end', () => resolve(reply.statusCode ?? 0));
  })
    .on('error', reject)
    .end();
  return promise;
}

test('a client is known by its certificate; one of another authority, or none, is nobody', async () => {
  assert.equal(await ask(known), 200);
  assert.equal(await ask(stranger), 401);
  assert.equal(await ask({}), 401);
});

test('a new certificate of the server changes nothing of this', async () => {
  await rig.api.reloadTls();
  assert.equal(await ask(known), 200);
  assert.equal(await ask(stranger), 401);
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`sessions are not resumed, so that each connection is checked (${maxVersion})`, async () => {
    const options = { ...rig.address, ca: rig.ca, servername: 'localhost', maxVersion, ...known };
    const open = async (session?: Buffer): Promise<TLSSocket> => {
      const socket = connect({ ...options, ...(session && { session }) });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      return socket;
    };
    const first = await open();
    const sessions: Buffer[] = [];
    first.on('session', (session: Buffer) => sessions.push(session));
    const answered = new Promise((resolve) => first.once('data', resolve));
    first.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await answered;
    const session = sessions.at(-1) ?? first.getSession();
    first.destroy();
    const second = await open(session);
    assert.equal(second.isSessionReused(), false);
    second.destroy();
  });
}
