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

test('a field within others is named by its way, also one that is missing or unknown', () => {
  const Deep = Type.Object({ list: Type.Array(Type.Object({ a: Type.Integer() }, { additionalProperties: false })) });
  const fieldOf = (value: unknown) => {
    try {
      validate(Deep, value, 'deep');
    } catch (error) {
      const { subject, field } = (error as GantryError).facts;
      return `${subject}: ${field}`;
    }
    return undefined;
  };
  assert.equal(fieldOf({ list: [{ a: 1 }, { a: 'x' }] }), 'deep: list.1.a');
  assert.equal(fieldOf({ list: [{}] }), 'deep: list.0.a');
  assert.equal(fieldOf({ list: [{ a: 1, b: 2 }] }), 'deep: list.0.b');
  assert.equal(fieldOf({}), 'deep: list');
  assert.equal(fieldOf(null), 'deep: (whole)');
});

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
  assert.equal(textOf(Outer, { tga: 'x' }), 'is not known here; did you mean "tag"? Known: be, tag, mode');
  assert.equal(textOf(Outer, { mode: 'z' }), 'must be one of x, y');
  assert.match(String(textOf(Outer, { tag: 'a b' })), /^does not have the required form: 1 to 128 letters/);
  assert.match(String(textOf(NewName, 'a..b')), /^does not have the required form: labels of 1 to 63 letters[^^]*$/);
  assert.equal(textOf(Type.String({ pattern: '^x$' }), 'y'), 'must match pattern "^x$"');
  const described = (length: number) => Type.String({ pattern: `^${'x'.repeat(length - 2)}$`, description: 'only x' });
  assert.equal(textOf(described(40), 'y'), `does not have the required form: only x (^${'x'.repeat(38)}$)`);
  assert.equal(textOf(described(41), 'y'), 'does not have the required form: only x');
  const many = (count: number) =>
    Type.Object(Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, Type.Optional(Type.Integer())])), {
      additionalProperties: false,
    });
  assert.equal(textOf(many(25), { q7: 1 }), 'is not known here; did you mean "p7"?');
  assert.match(String(textOf(many(24), { zork: 1 })), /^is not known here; known: p0, .*, p23$/);
  assert.equal(textOf(many(25), { zork: 1 }), 'is not known here');
  assert.equal(textOf(many(0), { zork: 1 }), 'is not known here');
  const strict = Type.Object({ size: Type.Integer(), name: Type.Optional(Type.String()) }, { additionalProperties: false });
  const meant = 'is not known here; did you mean "size"? Known: size, name';
  assert.equal(textOf(strict, { szie: 1 }), meant, 'rather than that size is missing');
  assert.equal(textOf(Type.Object({ a: Type.Integer() }), {}), 'is missing');
  assert.equal(textOf(Type.Integer({ minimum: 2 }), 1), 'must be >= 2');
});
