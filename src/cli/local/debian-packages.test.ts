import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensurePackages, listPackages, missingPackages } from './debian-packages.ts';

test('the list has packages for running and, apart, for tests, each with its reason', async () => {
  const [running, testing] = [await listPackages(['run']), await listPackages(['test'])];
  assert.ok(running.some(({ name }) => name === 'qemu-utils'));
  assert.ok(testing.some(({ name }) => name === 'etcd-server'));
  assert.deepEqual(
    running.filter(({ name }) => testing.some((other) => other.name === name)),
    [],
  );
  for (const { name, why } of [...running, ...testing]) assert.ok(why.length > 5, name);
});

test('only the QEMU of this architecture is wanted', async () => {
  const names = (await listPackages(['run'])).map(({ name }) => name).filter((name) => name.startsWith('qemu-system-'));
  assert.deepEqual(names, [process.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86']);
});

test('a package that is not installed is found missing, one that is installed is not', async () => {
  const packages = ['dpkg', 'gantry-no-such-package'].map((name) => ({ purpose: 'run' as const, name, why: 'for this test' }));
  const missing = await missingPackages(packages);
  assert.deepEqual(
    missing.map(({ name }) => name),
    ['gantry-no-such-package'],
  );
});

test('where all is installed nothing is said and nobody is asked', async () => {
  await ensurePackages([], { yes: false, note: assert.fail });
});
