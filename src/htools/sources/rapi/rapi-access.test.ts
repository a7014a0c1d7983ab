import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram } from '../../command/run-program.ts';
import { loadCluster } from '../load-cluster.ts';
import { expectError } from '../testing/expect-error.ts';
import { type KeyAndCertificate, selfSigned, signedFor } from '../testing/self-signed.ts';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rapi-access-'));
});
after(() => rm(dir, { recursive: true }));

async function fileWith(text: string): Promise<string> {
  const file = join(dir, String(Math.random()));
  await writeFile(file, text);
  return file;
}

/** A server that answers everything with an empty list, and remembers who asked: `Basic` credentials in clear text, or ''. */
async function serve(identity: KeyAndCertificate) {
  const users: string[] = [];
  const server = createServer(identity, ({ headers }, response) => {
    users.push(Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString());
    response.end('[]');
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { users, port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

/** The server was asked; that an empty list is no cluster comes later. */
const answered = (sources: Parameters<typeof loadCluster>[0]) => assert.rejects(loadCluster(sources), { code: 'INPUT_INVALID' });

describe('the certificate of the server', () => {
  test('is accepted when it is in the file, whatever name it has', async () => {
    const own = await selfSigned();
    await using server = await serve(own);
    const rapiCaFile = await fileWith(`${(await selfSigned()).cert}\n${own.key}\n${own.cert}`);
    await answered({ rapi: `https://127.0.0.1:${server.port}`, rapiCaFile });
    assert.equal(server.users.length, 4);
  });

  test('is accepted when it is signed by one in the file, for the right name only', async () => {
    const signed = await signedFor('localhost');
    await using server = await serve(signed);
    const rapiCaFile = await fileWith(signed.authority);
    await answered({ rapi: `https://localhost:${server.port}`, rapiCaFile });
    const asked = server.users.length;
    await expectError(
      () => loadCluster({ rapi: `https://127.0.0.1:${server.port}`, rapiCaFile }),
      'HTOOLS_RAPI_UNTRUSTED',
      /tls cert altname invalid/,
    );
    assert.equal(server.users.length, asked);
  });

  test('of somebody else is refused before user and password are sent', async () => {
    await using server = await serve(await selfSigned());
    const rapiCaFile = await fileWith((await selfSigned()).cert);
    await expectError(
      () => loadCluster({ rapi: `https://admin:s3cret@127.0.0.1:${server.port}`, rapiCaFile }),
      'HTOOLS_RAPI_UNTRUSTED',
      /^(?!.*s3cret).*depth zero self signed cert/,
    );
    assert.deepEqual(server.users, []);
  });

  test('cannot be checked without HTTPS', async () =>
    expectError(
      async () => loadCluster({ rapi: 'http://127.0.0.1:9', rapiCaFile: await fileWith((await selfSigned()).cert) }),
      'HTOOLS_RAPI_UNTRUSTED',
      /HTTPS/,
    ));

  test('needs a file that has certificates', async () => {
    for (const text of ['', 'nothing', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
      const rapiCaFile = await fileWith(text);
      await expectError(() => loadCluster({ rapi: 'x', rapiCaFile }), 'HTOOLS_RAPI_CA', /^Cannot read certificates from/);
    }
    await expectError(() => loadCluster({ rapi: 'x', rapiCaFile: join(dir, 'none') }), 'HTOOLS_SOURCE_UNREADABLE', /ENOENT/);
  });
});

describe('user and password', () => {
  test('come from a file, with all their signs', async () => {
    const own = await selfSigned();
    await using server = await serve(own);
    const rapiCredentialsFile = await fileWith('rapi admin:50%41 :@/?#ü\n');
    await answered({ rapi: `https://127.0.0.1:${server.port}`, rapiCredentialsFile, rapiCaFile: await fileWith(own.cert) });
    assert.equal(server.users[0], 'rapi admin:50%41 :@/?#ü');
  });

  test('are taken as gantry up writes them, too', async () => {
    const own = await selfSigned();
    await using server = await serve(own);
    const rapiCredentialsFile = await fileWith('admin aB3-_x\n');
    await answered({ rapi: `https://127.0.0.1:${server.port}`, rapiCredentialsFile, rapiCaFile: await fileWith(own.cert) });
    assert.equal(server.users[0], 'admin:aB3-_x');
  });

  test('that others may read are warned of', async () => {
    const own = await selfSigned();
    await using server = await serve(own);
    const rapiCredentialsFile = await fileWith('admin:s3cret');
    const source = { rapi: `https://127.0.0.1:${server.port}`, rapiCredentialsFile, rapiCaFile: await fileWith(own.cert) };
    for (const [mode, times] of [
      [0o644, 1],
      [0o600, 0],
    ] as const) {
      await chmod(rapiCredentialsFile, mode);
      const warnings: string[] = [];
      await answered({ ...source, warn: (text) => warnings.push(text) });
      assert.equal(warnings.length, times);
      assert.doesNotMatch(warnings.join(), /s3cret/);
    }
  });

  test('of the address come first', async () => {
    await using server = await serve(await selfSigned());
    await answered({ rapi: `https://me:mine@127.0.0.1:${server.port}`, rapiCredentialsFile: await fileWith('a:b') });
    assert.equal(server.users[0], 'me:mine');
  });

  test('of a file go to nobody who is not named, and to nobody in clear text', async () => {
    await using server = await serve(await selfSigned());
    const rapiCredentialsFile = await fileWith('admin:s3cret');
    for (const rapi of [`https://127.0.0.1:${server.port}`, `127.0.0.1:${server.port}`, `http://127.0.0.1:${server.port}`]) {
      await expectError(() => loadCluster({ rapi, rapiCredentialsFile }), 'HTOOLS_RAPI_UNTRUSTED', /^(?!.*s3cret).*(--rapi-ca|HTTPS)/);
    }
    assert.deepEqual(server.users, []);
  });

  test('need a line that has both', async () => {
    for (const text of ['', 'admin', ':s3cret', 'a:b\nc:d\n']) {
      const rapiCredentialsFile = await fileWith(text);
      await expectError(() => loadCluster({ rapi: 'x', rapiCredentialsFile }), 'HTOOLS_RAPI_CREDENTIALS', /^(?!.*s3cret)Cannot read user/);
    }
  });
});

test('files that options name are missed before anybody is asked', async () => {
  await using server = await serve(await selfSigned());
  const none = join(dir, 'none');
  for (const options of [
    ['-U', none],
    ['--used-memory', none],
    ['--mond=yes', '--mond-ca', none],
    ['--mond=yes', '--mond-token', none],
    ['--mond=yes', '--mond-certificates', dir],
    ['-U', dir],
  ]) {
    let said = '';
    const err = (text: string) => {
      said += text;
    };
    const line = ['-m', `https://127.0.0.1:${server.port}`, ...options];
    assert.equal(await runProgram('hbal', line, { out: () => undefined, err, watched: false }), 1);
    assert.match(said, /Cannot read .*(none|node\.key): ENOENT|Cannot read .*: it is a directory/);
  }
  assert.deepEqual(server.users, []);
});

test('options of the programs: hbal -m, and hscan', async () => {
  const own = await selfSigned();
  await using server = await serve(own);
  const access = ['--rapi-ca', await fileWith(own.cert), '--rapi-credentials', await fileWith('monitor:s3cret')];
  const io = { out: () => undefined, err: () => undefined, watched: false };
  const address = `https://127.0.0.1:${server.port}`;
  assert.equal(await runProgram('hbal', ['-m', address, ...access], io), 1);
  assert.equal(await runProgram('hscan', ['-d', dir, ...access, address], io), 2);
  assert.deepEqual(server.users, Array(8).fill('monitor:s3cret'));
});
