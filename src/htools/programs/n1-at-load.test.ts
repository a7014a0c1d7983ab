import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runQuietly } from './testing/small-cluster.ts';

const file = join(import.meta.dirname, 'testdata/n1-umem.data');

/** The marks of the nodes in a table of --print-nodes, by name. */
const marksOf = (table: string): Record<string, string> =>
  Object.fromEntries([...table.matchAll(/^ (.) (m\d) /gm)].map(([, mark, name]) => [name, mark]));

test('a node whose free memory is promised already is bad from the start, though it reports enough', async () => {
  const { out, err } = await runQuietly('hbal', '-t', file, '--print-nodes');
  assert.match(out, /^Initial check done: 1 bad nodes, 5 bad instances\.$/m);
  const [, initial = '', final = ''] = /Initial cluster status:\n([\s\S]*)Final cluster status:\n([\s\S]*)/.exec(`${out}${err}`) ?? [];
  assert.deepEqual(marksOf(initial), { m1: ' ', m2: '*', m3: ' ' });
  assert.deepEqual(marksOf(final), { m1: ' ', m2: ' ', m3: ' ' });
});

test('every program judges alike', async () => {
  const { out } = await runQuietly('hcheck', '-t', file, '--machine-readable', '--no-simulation');
  assert.match(out, /HCHECK_INIT_CLUSTER_N1_FAIL=[1-9]/);
});
