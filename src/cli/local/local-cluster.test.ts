import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type LocalDescription, localCluster, readDescription, writeDescription } from './local-cluster.ts';
import { requireLocalName, wholeNumber } from './local-options.ts';
import { localHome, localPaths } from './local-paths.ts';

const home = await mkdtemp(join(tmpdir(), 'gantry-description-'));
after(() => rm(home, { recursive: true, force: true }));

const description: LocalDescription = { version: 1, name: 'one', nodes: 3, port: 5080, slot: 7, phase: 'made' };
const paths = localPaths('one', home);

test('addresses, namespaces and user ids follow from the description, and differ between slots', () => {
  const { members, uidBase } = localCluster(description, paths);
  assert.deepEqual(
    members.map(({ name, address, bridgeAddress }) => [name, address, bridgeAddress]),
    [
      ['node1', '10.77.7.1', '10.78.7.1'],
      ['node2', '10.77.7.2', '10.78.7.2'],
      ['node3', '10.77.7.3', '10.78.7.3'],
    ],
  );
  assert.equal(members[2]?.paths.namespace, 'gantry-one-node3');
  const next = localCluster({ ...description, slot: 8 }, paths);
  assert.ok(next.uidBase - uidBase >= 8001, 'a cluster uses 8001 user ids');
});

test('a description is kept, and one that cannot be used is refused with its place', async () => {
  await mkdir(paths.stateDir, { recursive: true });
  assert.equal(await readDescription(paths, 'one'), undefined);
  await writeDescription(paths, description);
  assert.deepEqual(await readDescription(paths, 'one'), description);
  for (const text of ['', '{"version": 2}', '{"version": 1, "name": "one"}']) {
    await writeFile(paths.description, text);
    await assert.rejects(readDescription(paths, 'one'), { code: 'LOCAL_STATE_UNREADABLE' });
  }
});

test('the state lies under GANTRY_HOME, or else where Debian keeps state', () => {
  assert.equal(localHome({ GANTRY_HOME: home }), home);
  assert.equal(localHome({}), '/var/lib/gantry');
});

test('names that would not fit into paths, namespaces and devices are refused', () => {
  for (const name of ['local', 'a', 'test-2']) assert.equal(requireLocalName(name), name);
  for (const name of ['', '..', 'a/b', 'A', '-a', 'a-', '1a', 'a b', 'a'.repeat(25)]) {
    assert.throws(() => requireLocalName(name), { code: 'LOCAL_NAME_INVALID' }, name);
  }
});

test('numbers outside of their range, and what is no number, are refused', () => {
  assert.equal(wholeNumber('--nodes', '3', 1, 32), 3);
  for (const value of ['0', '33', '-1', '3.5', 'three', '', '1e1', '0x3']) {
    assert.throws(() => wholeNumber('--nodes', value, 1, 32), { code: 'LOCAL_OPTION_INVALID' }, value);
  }
});
