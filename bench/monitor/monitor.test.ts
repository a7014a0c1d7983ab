import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { benchMonitor, smallNode } from './monitor.ts';

test('the benchmark of the monitoring agent answers with every instance while a collector hangs', async () => {
  const { instances, requests, hash, residentMib } = await benchMonitor({ ...smallNode, seed: 1, directory: tmpdir() });
  assert.equal(instances, smallNode.instances);
  assert.deepEqual(
    requests.map(({ path }) => path),
    ['/1/report/all', '/metrics'],
  );
  assert.ok(requests.every(({ bytes }) => bytes > 1000));
  assert.match(hash, /^[0-9a-f]{16}$/);
  assert.ok(residentMib > 10);
});
