import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readAssignment, readModel } from './read-model.ts';

const data = join(import.meta.dirname, 'testdata');
const dir = await mkdtemp(join(tmpdir(), 'gantry-roadef-'));
after(() => rm(dir, { recursive: true, force: true }));
const whole = await readFile(join(data, 'model_a0_0.txt'), 'utf8');

async function file(text: string): Promise<string> {
  const path = join(dir, 'model.txt');
  await writeFile(path, text);
  return path;
}

const refuses = async (text: string, line: number, problem: RegExp) =>
  assert.rejects(readModel(await file(text)), (error: { code?: string; facts?: { line?: number; problem?: string } }) => {
    assert.equal(error.code, 'SEARCH_FILE_INVALID');
    assert.match(error.facts?.problem ?? '', problem);
    assert.equal(error.facts?.line, line);
    return true;
  });

test('reads every part of a model', async () => {
  const model = await readModel(join(data, 'model_a0_0.txt'));
  assert.deepEqual(model.resources, [
    { transient: false, weight: 10 },
    { transient: false, weight: 10 },
  ]);
  assert.deepEqual([...model.neighbourhood, ...model.location], [0, 0, 1, 1, 0, 0, 1, 2]);
  assert.deepEqual([...model.capacity], [30, 400, 10, 240, 15, 100, 10, 100]);
  assert.deepEqual([...model.machineMoveCost].slice(0, 8), [0, 1, 4, 5, 1, 0, 3, 4]);
  assert.deepEqual(model.services, [
    { spread: 2, dependsOn: [] },
    { spread: 1, dependsOn: [0] },
  ]);
  assert.deepEqual([...model.requirement], [12, 10, 10, 20, 6, 200]);
  assert.deepEqual(model.balances, [{ first: 0, second: 1, target: 20, weight: 10 }]);
  assert.deepEqual([model.processMoveWeight, model.serviceMoveWeight, model.machineMoveWeight], [1, 10, 100]);
});

test('large costs between machines do not wrap', async () => {
  for (const cost of [255, 256, 65_535, 65_536, 5_000_000_000]) {
    const model = await readModel(await file(whole.replace('16 80 0 1 4 5', `16 80 0 1 4 ${cost}`)));
    assert.deepEqual([...model.machineMoveCost].slice(0, 5), [0, 1, 4, cost, 1]);
  }
});

test('a malformed model is refused with its line', async () => {
  await refuses('', 1, /^the file ends where the number of resources should be$/);
  await refuses(whole.trimEnd().slice(0, -4), 19, /the file ends where .* should be/);
  await refuses(whole.replace('30 400', '-30 400'), 5, /a capacity must be a whole number, not negative; there is "-30"/);
  await refuses(whole.replace('30 400', '3x 400'), 5, /there is "3x"/);
  await refuses(whole.replace('30 400', '99999999999999999999 400'), 5, /more than/);
  await refuses(whole.replace('1 1 0', '1 1 7'), 11, /a service depended on is 7, more than 1/);
  await refuses(`${whole} 5`, 21, /the file should end here; there is "5"/);
});

test('an assignment must name a machine for each process', async () => {
  const model = await readModel(join(data, 'model_a0_0.txt'));
  for (const text of ['0 3', '0 3 4', '0 3 0 0', '0 three 0']) {
    await assert.rejects(readAssignment(await file(text), model), { code: 'SEARCH_FILE_INVALID' });
  }
  await assert.rejects(readAssignment(join(dir, 'none'), model), { code: 'SEARCH_FILE_UNREADABLE' });
});
