import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TSchema, Type } from 'typebox';
import type { GantryError } from '../base/index.ts';
import { NewName, Tag } from './objects/common.ts';
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

const textOf = (schema: TSchema, value: unknown): unknown => {
  try {
    validate(schema, value, 'test');
  } catch (error) {
    return (error as GantryError).facts['problem'];
  }
  throw new assert.AssertionError({ message: 'was accepted' });
};

test('the problem is told in words: what is known, what is allowed, which form is required', () => {
  const Outer = Type.Object(
    {
      be: Type.Optional(Type.Object({ memory: Type.Integer(), 'a/b': Type.Optional(Type.String()) }, { additionalProperties: false })),
      tag: Type.Optional(Tag),
      mode: Type.Optional(Type.Enum(['x', 'y'])),
    },
    { additionalProperties: false },
  );
  assert.equal(textOf(Outer, { be: { memory: 1, mem: 1 } }), 'is not known here; known: memory, a/b');
  assert.equal(textOf(Outer, { zork: 1 }), 'is not known here; known: be, tag, mode');
  assert.equal(textOf(Outer, { mode: 'z' }), 'must be one of x, y');
  assert.match(String(textOf(Outer, { tag: 'a b' })), /^does not have the required form: 1 to 128 letters/);
  assert.match(String(textOf(NewName, 'a..b')), /^does not have the required form: labels of 1 to 63 letters[^^]*$/);
  assert.equal(textOf(Type.String({ pattern: '^x$' }), 'y'), 'must match pattern "^x$"');
});
