import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seededRandom } from '../../src/base/index.ts';
import { checkAssignment } from './check-assignment.ts';
import { readAssignment, readModel } from './read-model.ts';
import { benchRoadef } from './roadef.ts';
import { runThreads } from './run-threads.ts';
import { randomModel } from './testing/random-model.ts';

const data = join(import.meta.dirname, 'testdata');
const files = { model: join(data, 'model_a0_0.txt'), assignment: join(data, 'assignment_a0_0.txt') };
const dir = await mkdtemp(join(tmpdir(), 'gantry-roadef-'));
after(() => rm(dir, { recursive: true, force: true }));

test('finds the best assignment of the smallest instance, and writes it', async () => {
  const model = await readModel(files.model);
  const initial = await readAssignment(files.assignment, model);
  let best = Number.POSITIVE_INFINITY;
  for (let code = 0; code < model.machines ** model.processes; code++) {
    const assignment = [code % 4, Math.floor(code / 4) % 4, Math.floor(code / 16)];
    const { problems, cost } = checkAssignment(model, initial, assignment);
    if (problems.length === 0) best = Math.min(best, cost);
  }
  const out = join(dir, 'out.txt');
  const result = await benchRoadef({ ...files, out }, { runs: [], seconds: 0, steps: 20_000, threads: 1, seed: 1 });
  assert.equal(result.found, best);
  assert.equal(checkAssignment(model, initial, await readAssignment(out, model)).cost, best);
});

test('the same seed and budget of steps give the same result, another seed another one', async () => {
  const { model, initial } = randomModel(seededRandom(5), { machines: 12, processes: 80, resources: 3 });
  const find = (seed: number) => runThreads({ model, initial, budget: { steps: 10_000 }, threads: 2, seed });
  const first = await find(1);
  assert.deepEqual(await find(1), first);
  assert.notDeepEqual((await find(2)).places, first.places);
  const { problems, cost } = checkAssignment(model, initial, first.places);
  assert.deepEqual(problems, []);
  assert.equal(cost, first.cost);
  assert.ok(cost < checkAssignment(model, initial, initial).cost);
});

test('a start that breaks a constraint is refused, and nothing is written', async () => {
  const assignment = join(dir, 'broken.txt');
  await writeFile(assignment, '0 0 0\n');
  const out = join(dir, 'none.txt');
  await assert.rejects(benchRoadef({ ...files, assignment, out }, { runs: [], seconds: 1, threads: 1, seed: 1 }), {
    code: 'SEARCH_START_INVALID',
  });
  await assert.rejects(readFile(out), { code: 'ENOENT' });
});
