import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GantryError } from '../base/index.ts';
import { Beparams, defaultBeparams } from './params/beparams.ts';
import { validate } from './validate.ts';

const problem = (value: unknown): { field: unknown; problem: unknown } => {
  try {
    validate(Beparams, value, 'beparams');
  } catch (error) {
    const { field, problem } = (error as GantryError).facts;
    return { field, problem };
  }
  throw new assert.AssertionError({ message: 'was accepted' });
};

test('a valid value is returned as it is', () => {
  assert.equal(validate(Beparams, defaultBeparams, 'beparams'), defaultBeparams);
});

test('the offending field is named', () => {
  assert.equal(problem({ ...defaultBeparams, minmem: 0 }).field, 'minmem');
  assert.equal(problem({ ...defaultBeparams, zork: 1 }).field, 'zork');
  const { vcpus: _gone, ...incomplete } = defaultBeparams;
  assert.deepEqual(problem(incomplete), { field: 'vcpus', problem: 'is missing' });
  assert.equal(problem('text').field, '(whole)');
});
