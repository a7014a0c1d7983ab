import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { prepareCluster } from '../../placement/index.ts';
import { parseText } from '../sources/text/parse-text.ts';
import { optimiseInThreads } from './optimise-in-threads.ts';
import { clock, type OptimiseTask } from './optimise-task.ts';

const file = new URL('../../../bench/htools/testdata/10-100-1-1-2.data', import.meta.url);
const data = prepareCluster(parseText(await readFile(file, 'utf8'), '10-100-1-1-2.data'));
const task = (more: Partial<OptimiseTask>): OptimiseTask => ({
  data,
  location: undefined,
  options: { steps: 200, state: { group: 0 } },
  seed: 3,
  seconds: undefined,
  started: clock(),
  ...more,
});

test('seed, steps and number of threads decide the plan, byte for byte, however busy the machine is', async () => {
  const plan = async () => JSON.stringify(await optimiseInThreads(task({}), 2));
  const first = await plan();
  assert.ok(JSON.parse(first).moves.length > 0);
  // Several searches at once get their turns at other times.
  for (const again of await Promise.all([plan(), plan(), plan()])) assert.equal(again, first);
});

test('of several threads the best plan is taken, the first of equals', async () => {
  const alone = await Promise.all([3, 4].map((seed) => optimiseInThreads(task({ seed }), 1)));
  const best = alone.reduce((one, other) => (other.after < one.after ? other : one));
  assert.deepEqual(await optimiseInThreads(task({}), 2), best);
});

test('when the time is over before it begins, there is a plan all the same', async () => {
  const { after, before, moves } = await optimiseInThreads(
    task({ seconds: 1, started: clock() - 60_000, options: { state: { group: 0 } } }),
    1,
  );
  assert.ok(after <= before && moves.length <= 1);
});
