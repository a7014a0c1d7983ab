import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore, parseStoreUrl } from './open-store.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

test('a SQLite URL names a file', async () => {
  const path = join(await temporaryDirectory(), 'store.db');
  assert.deepEqual(parseStoreUrl(`sqlite:${path}`), { type: 'sqlite', path });
  const store = await openStore(`sqlite:${path}`);
  assert.deepEqual(await store.range(''), { entries: [], revision: 0, more: false });
  await store.close();
});

test('an etcd URL names servers, a prefix and PEM files', () => {
  const plain = parseStoreUrl('etcd://one:2379,two.example.com:2380/clusters/a/');
  assert.deepEqual(plain, { type: 'etcd', options: { hosts: ['one:2379', 'two.example.com:2380'], prefix: '/clusters/a' } });
  const secure = parseStoreUrl('etcd://one:2379?ca=/etc/ca.pem&cert=/etc/c.pem&key=/etc/k.pem');
  const tls = { ca: '/etc/ca.pem', cert: '/etc/c.pem', key: '/etc/k.pem' };
  assert.deepEqual(secure, { type: 'etcd', options: { hosts: ['one:2379'], prefix: '/gantry', tls } });
  const trusting = parseStoreUrl('etcd://one:2379?ca=/etc/ca.pem');
  assert.deepEqual(trusting, { type: 'etcd', options: { hosts: ['one:2379'], prefix: '/gantry', tls: { ca: '/etc/ca.pem' } } });
  for (const port of [1, 65535])
    assert.deepEqual(parseStoreUrl(`etcd://one:${port}/p//`), { type: 'etcd', options: { hosts: [`one:${port}`], prefix: '/p' } });
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['', /does not begin with/],
  ['/var/lib/store.db', /does not begin with/],
  ['mysql://host/db', /no store of the kind "mysql"/],
  ['sqlite:store.db', /must be absolute/],
  ['sqlite:', /must be absolute/],
  ['etcd://', /is not host:port/],
  ['etcd://host', /is not host:port/],
  ['etcd://host:0', /is not host:port/],
  ['etcd://host:99999', /is not host:port/],
  ['etcd://host:2379,/x', /is not host:port/],
  ['etcd://127.0.0.1:2379', /is an address/],
  ['etcd://[::1]:2379', /is an address/],
  ['etcd://host:2379/?password=x', /"password" is not known/],
  ['etcd://host:2379/?ca=/ca&cert=/c', /belong together/],
  ['etcd://host:2379/?cert=/c&key=/k', /needs "ca"/],
];

test('a wrong URL is refused with what is wrong about it', async () => {
  for (const [url, problem] of wrong) {
    await assert.rejects(
      openStore(url),
      (error: Error & { code?: string }) => error.code === 'STORE_URL_INVALID' && problem.test(error.message),
      url,
    );
  }
});

test('a PEM file that cannot be read is named', async () => {
  await assert.rejects(openStore('etcd://localhost:1?ca=/no/such/file.pem'), /\/no\/such\/file\.pem/);
});
