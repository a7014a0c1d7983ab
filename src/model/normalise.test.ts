import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { formats, normaliseOpcode, normaliseParams } from './normalise.ts';

const size = Type.Union([Type.Integer({ format: formats.mebibytes }), Type.String({ format: formats.mebibytes })]);
const digits = Type.String({ format: formats.hexPairs });
const Inner = Type.Object({
  flag: Type.Optional(Type.Boolean()),
  count: Type.Integer(),
  ratio: Type.Optional(Type.Number()),
  text: Type.Optional(Type.String()),
  choice: Type.Optional(Type.Enum(['1', '2'])),
  either: Type.Optional(Type.Union([Type.Integer(), Type.Boolean(), Type.Null()])),
  size: Type.Optional(Type.Integer({ format: formats.mebibytes })),
});
const Op = Type.Object({
  count: Type.Optional(Type.Integer()),
  digits: Type.Optional(digits),
  maybe: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  must: Type.Integer(),
  inner: Type.Optional(Inner),
  list: Type.Optional(Type.Array(Inner)),
  pair: Type.Optional(Type.Tuple([Inner, digits])),
  any: Type.Optional(Type.Record(Type.String(), Inner)),
  nullable: Type.Optional(Type.Union([Inner, Type.Null()])),
  free: Type.Optional(Type.Unknown()),
  unions: Type.Optional(Type.Array(Type.Union([Type.Object({ a: Type.Integer() }, { additionalProperties: false }), Inner, Type.Null()]))),
  size: Type.Optional(size),
});
const op = (values: object): Record<string, unknown> => normaliseOpcode(Op, values as Record<string, unknown>);

test('the parameters of an opcode itself stay as they are, those within are brought into one form', () => {
  assert.deepEqual(op({ count: '5', must: '5' }), { count: '5', must: '5' });
  assert.deepEqual(op({ inner: { count: '5', flag: 'TRUE', ratio: '1.5', text: false } }), {
    inner: { count: 5, flag: true, ratio: 1.5, text: '' },
  });
  assert.deepEqual(op({ list: [{ count: '1' }, 'x', null] }), { list: [{ count: 1 }, 'x', null] });
  assert.deepEqual(op({ any: { x: { count: '1' }, y: 7 } }), { any: { x: { count: 1 }, y: 7 } });
  assert.deepEqual(op({ pair: [{ count: '1' }, 'AB', 'CD'] }), { pair: [{ count: 1 }, 'ab', 'CD'] });
  assert.deepEqual(op({ free: { count: '5', x: null } }), { free: { count: '5', x: null } });
});

test('null is absent where a value may be absent, and stays where it is needed or has a meaning', () => {
  assert.deepEqual(op({ count: null, maybe: null, must: null, zork: null }), { maybe: null, must: null, zork: null });
  assert.deepEqual(op({ inner: { count: null, flag: null, either: null } }), { inner: { count: null, either: null } });
  assert.deepEqual(normaliseParams(Inner, { count: null, flag: null }), {}, 'of the parameters of one level each may be absent');
});

test('names of every object are no parameters', () => {
  assert.deepEqual(op({ inner: { count: 1, constructor: '1', toString: null } }), {
    inner: { count: 1, constructor: '1', toString: null },
  });
});

test('of several forms the first that takes the value is it', () => {
  const either = (value: unknown) => normaliseParams(Inner, { either: value })['either'];
  assert.deepEqual(
    ['7', 'true', 'x', 1, null].map(either),
    [7, true, 'x', 1, undefined].map((one) => (one === undefined ? null : one)),
  );
  assert.deepEqual(
    op({ nullable: { count: '5', flag: 'maybe' } }),
    { nullable: { count: 5, flag: 'maybe' } },
    'where there is one, also in part',
  );
  assert.deepEqual(op({ nullable: null, inner: undefined }), { nullable: null, inner: undefined });
  assert.deepEqual(op({ unions: [{ a: '1' }, { count: '2' }, { zork: '3' }, null] }), {
    unions: [{ a: 1 }, { count: 2 }, { zork: '3' }, null],
  });
});

test('numbers are digits alone, sizes may have suffixes', () => {
  const read = (name: string) => (value: unknown) => normaliseParams(Inner, { [name]: value })[name];
  assert.deepEqual(['-7', '+7', ' 7', '1e3', '0x10', '', '1.0', true].map(read('count')), [-7, 7, 7, '1e3', '0x10', '', '1.0', true]);
  assert.deepEqual(['1.25', '-1', '.5', '1e3', ''].map(read('ratio')), [1.25, -1, '.5', '1e3', '']);
  assert.deepEqual(['1g', '512', '1k', 5].map(read('size')), [1024, 512, '1k', 5]);
  assert.deepEqual(['1', 1].map(read('choice')), ['1', 1], 'of texts, each is one');
  assert.deepEqual(['12', '1g'].map(read('text')), ['12', '1g']);
  assert.deepEqual([false, true, 0].map(read('text')), ['', true, 0]);
  assert.deepEqual([1, 0, 2, 'False', 'no', null].map(read('flag')), [true, false, 2, false, 'no', undefined]);
});

test('hexadecimal digits are lower case at every level', () => {
  assert.deepEqual(op({ digits: 'AA:Bb', must: 1 }), { digits: 'aa:bb', must: 1 });
  assert.deepEqual(op({ digits: 5 }), { digits: 5 });
});
