import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../base/index.ts';
import { currentLeader, openStore } from '../../store/index.ts';

const main = join(import.meta.dirname, '..', 'main.ts');
const gantry = (args: string[], okCodes: number[]) =>
  run(process.execPath, [main, ...args, '--user', userInfo().username], { okCodes, timeoutMs: 30_000 });

test('a master whose port is taken ends, and gives the leadership back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gantry-master-'));
  const taken = createServer().listen(0, '127.0.0.1');
  try {
    await once(taken, 'listening');
    await gantry(['cluster', 'init', '--name', 'test', '--state-dir', dir, '--node-name', 'node1', '--address', '127.0.0.1'], [0]);
    const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    const stateDir = join(dir, 'master');
    const { code } = await gantry(['master', '--state-dir', stateDir, '--name', 'node1', '--listen', listen], [1, 2, 3, 4, 5, 6]);
    assert.notEqual(code, 0);
    const store = await openStore(`sqlite:${join(stateDir, 'store.db')}`);
    assert.equal(await currentLeader(store), undefined);
    await store.close();
  } finally {
    taken.close();
    await rm(dir, { recursive: true, force: true });
  }
});
