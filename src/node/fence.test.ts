import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openFence } from './fence.ts';
import { withCode } from './testing/with-code.ts';

describe('fence', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gantry-fence-'));
    path = join(directory, 'term.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('lets the same and higher terms pass and refuses lower ones', async () => {
    const fence = await openFence(path);
    await fence.pass(3);
    await fence.pass(3);
    await fence.pass(5);
    await assert.rejects(fence.pass(4), withCode('NODE_REFUSED_TERM', /term is 4.*term 5/));
    assert.equal(fence.highest, 5);
  });

  it('remembers over a restart', async () => {
    await (await openFence(path)).pass(9);
    const again = await openFence(path);
    assert.equal(again.highest, 9);
    await assert.rejects(again.pass(8), withCode('NODE_REFUSED_TERM'));
  });

  it('ends at the highest of many terms at once', async () => {
    const fence = await openFence(path);
    await Promise.allSettled([4, 9, 2, 7].map((term) => fence.pass(term)));
    assert.equal(fence.highest, 9);
    assert.equal((await openFence(path)).highest, 9);
  });

  it('survives a torn file, and a torn copy', async () => {
    for (const torn of [path, `${path}.copy`]) {
      await (await openFence(path)).pass(12);
      const whole = await readFile(torn, 'utf8');
      for (const rest of ['', whole.slice(0, 4), '{"term":', '{"term":"12"}', '\0\0\0\0']) {
        await writeFile(torn, rest);
        const fence = await openFence(path);
        assert.equal(fence.highest, 12, `${torn} with ${JSON.stringify(rest)}`);
      }
      await rm(torn);
      assert.equal((await openFence(path)).highest, 12);
    }
  });

  it('refuses to start when nothing of it can be read', async () => {
    await (await openFence(path)).pass(12);
    for (const file of [path, `${path}.copy`]) await writeFile(file, '{"te');
    await assert.rejects(openFence(path), withCode('AGENT_STATE_DAMAGED'));
  });

  it('does not let a term pass that it could not keep', async () => {
    const fence = await openFence(path);
    await fence.pass(1);
    await rm(directory, { recursive: true });
    await assert.rejects(fence.pass(2), { code: 'ENOENT' });
    assert.equal(fence.highest, 1);
    await (await import('node:fs/promises')).mkdir(directory);
    await fence.pass(2);
    assert.equal((await openFence(path)).highest, 2);
  });
});
