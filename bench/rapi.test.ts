import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { benchRapi, smallSizes } from './rapi.ts';

test('the benchmark of the REST API gets the same bodies for the same seed', async () => {
  const run = (seed: number) => benchRapi({ ...smallSizes, seed, directory: tmpdir() });
  const hashes = ({ results }: Awaited<ReturnType<typeof run>>) => results.map(({ path, hash }) => [path, hash]);
  const first = await run(1);
  assert.deepEqual(hashes(first), hashes(await run(1)));
  assert.notDeepEqual(hashes(first), hashes(await run(4)));
  assert.deepEqual([...new Set(first.results.map(({ instances }) => instances))], [...smallSizes.sizes]);
});
