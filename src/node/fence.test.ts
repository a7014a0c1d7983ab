import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createMemoryFence, openFence } from './fence.ts';
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

  it('refuses a term that waited while a higher one was kept, and lets none pass that is lower than what is kept', async () => {
    const fence = await openFence(path);
    const outcomes = await Promise.allSettled([9, 2, 9, 7, 10, 8].map((term) => fence.pass(term)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
    // What has passed is in the file: a restart in that moment would refuse the same.
    for (const file of [path, `${path}.copy`]) assert.equal(await readFile(file, 'utf8'), '{"term":10}\n');
    await assert.rejects((await openFence(path)).pass(9), withCode('NODE_REFUSED_TERM', /term is 9.*term 10/));
  });

  it('keeps a term before it passes, and on a simulated node too', async () => {
    const fence = await openFence(path);
    const passed = fence.pass(6).then(() => readFile(path, 'utf8'));
    assert.equal(await passed, '{"term":6}\n');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const cell = { term: 4 };
    const simulated = await createMemoryFence(cell);
    await assert.rejects(simulated.pass(3), withCode('NODE_REFUSED_TERM'));
    await simulated.pass(5);
    assert.equal(cell.term, 5);
    await assert.rejects((await createMemoryFence(cell)).pass(4), withCode('NODE_REFUSED_TERM'));
  });

  it('starts with the higher of the two when one is behind, and makes both whole', async () => {
    for (const behind of [path, `${path}.copy`]) {
      for (const file of [path, `${path}.copy`]) await writeFile(file, `{"term":${file === behind ? 20 : 21}}\n`);
      assert.equal((await openFence(path)).highest, 21);
      for (const file of [path, `${path}.copy`]) assert.equal(await readFile(file, 'utf8'), '{"term":21}\n');
    }
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

describe('epochs of a fence', () => {
  const [old, restored] = ['a'.repeat(32), 'b'.repeat(32)];
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gantry-fence-'));
    path = join(directory, 'term.json');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('a new epoch counts its terms anew, and the one before is refused for ever, also after a restart', async () => {
    const fence = await openFence(path);
    await fence.pass(180, old);
    await fence.pass(51, restored);
    assert.equal(fence.highest, 51);
    await assert.rejects(fence.pass(50, restored), withCode('NODE_REFUSED_TERM'));
    for (const one of [fence, await openFence(path)]) {
      for (const term of [51, 180, 999]) await assert.rejects(one.pass(term, old), withCode('NODE_REFUSED_EPOCH'));
      await assert.rejects(one.pass(999), withCode('NODE_REFUSED_EPOCH'));
      await one.pass(51, restored);
    }
  });

  it('what was remembered before there were epochs gives way to the first one', async () => {
    await writeFile(path, '{"term":180}\n');
    const fence = await openFence(path);
    await assert.rejects(fence.pass(51), withCode('NODE_REFUSED_TERM'));
    await fence.pass(51, restored);
    await assert.rejects(fence.pass(181), withCode('NODE_REFUSED_EPOCH'));
  });

  it('of two files that differ the one with the later epoch counts, though its term is lower', async () => {
    const fence = await openFence(path);
    await fence.pass(180, old);
    const before = await readFile(path, 'utf8');
    await fence.pass(3, restored);
    for (const file of [path, `${path}.copy`]) {
      await writeFile(file, before);
      const again = await openFence(path);
      assert.equal(again.highest, 3, file);
      await assert.rejects(again.pass(181, old), withCode('NODE_REFUSED_EPOCH'));
      assert.equal(await readFile(path, 'utf8'), await readFile(`${path}.copy`, 'utf8'));
    }
  });

  it('of many requests of two epochs at once only those of the later one pass in the end', async () => {
    const fence = await openFence(path);
    await fence.pass(1, old);
    await Promise.allSettled([fence.pass(2, old), fence.pass(1, restored), fence.pass(3, old), fence.pass(2, restored)]);
    assert.equal(fence.highest, 2);
    await assert.rejects(fence.pass(9, old), withCode('NODE_REFUSED_EPOCH'));
  });
});
