import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { benchImport } from './import.ts';

test('the benchmark of the import ends with the same configuration on both adapters', async () => {
  const options = { instances: 200, nodes: 60, directory: tmpdir() };
  const sqlite = await benchImport({ ...options, adapter: 'sqlite' });
  const etcd = await benchImport({ ...options, adapter: 'etcd' });
  assert.equal(sqlite.hash, etcd.hash);
  assert.ok(sqlite.parts > 5);
  const more = await benchImport({ ...options, instances: 201, adapter: 'sqlite' });
  assert.notEqual(more.hash, sqlite.hash);
});
