import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offline, toCell, toPlain } from './cell.ts';
import { fieldsOf } from './field.ts';
import { always, type FieldKind, type Got, listOf, textOrNull, type ValueType } from './value-types.ts';

interface Thing {
  readonly name: string;
  readonly size: number | null;
}

const { stored, computed, live } = fieldsOf<Thing>();

/** What the compiler lets a getter of a type return. */
type Fits<T extends FieldKind | ValueType, Value> = Value extends Got<T> ? 'fits' : 'does not';
/** What the compiler gives a getter to look at. */
type Seen<Define extends (...args: never) => unknown> = Parameters<Define>[4] extends (item: never, ...rest: infer Rest) => unknown
  ? Rest extends [infer Shown]
    ? keyof Shown
    : never
  : never;

test('the compiler refuses a getter that does not fit the type of its field, or looks further than its source says', () => {
  const text = always('text');
  const texts = listOf(textOrNull);
  const fits: readonly [
    Fits<'number', number | null>,
    Fits<'number', typeof offline>,
    Fits<'number', string>,
    Fits<typeof text, string>,
    Fits<typeof text, null>,
    Fits<typeof text, typeof offline>,
    Fits<typeof texts, readonly (string | null)[]>,
    Fits<typeof texts, number[]>,
  ] = ['fits', 'fits', 'does not', 'fits', 'does not', 'does not', 'fits', 'does not'];
  const seen: Record<Seen<typeof computed>, true> & Record<Seen<typeof live>, true> = {
    config: true,
    live: true,
    jobs: true,
    visible: true,
  };
  const onlyConfig: Record<Seen<typeof computed>, true> = { config: true };
  const nothing: [Seen<typeof stored>] extends [never] ? 'nothing' : 'something' = 'nothing';
  assert.deepEqual([fits.length, Object.keys(seen).length, Object.keys(onlyConfig), nothing], [8, 4, ['config'], 'nothing']);
});

test('a field has the source that its definition says, and the schema of its type', () => {
  const fields = [
    stored('name', 'Name', always('text'), '', (thing) => thing.name),
    computed('size', 'Size', 'number', '', (thing) => thing.size),
    live('live', 'Live', listOf(textOrNull), '', () => ['a', null]),
  ];
  assert.deepEqual(
    fields.map(({ source }) => source),
    ['stored', 'computed', 'live'],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(fields.map(({ schema }) => schema))), [
    { type: 'string' },
    { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
  ]);
});

test('what is not there has a state in a cell, and is null in a row', () => {
  for (const [value, cell] of [
    [undefined, [2, null]],
    [null, [3, null]],
    [offline, [4, null]],
    [0, [0, 0]],
  ] as const) {
    assert.deepEqual(toCell(value), cell);
    assert.equal(toPlain(value), cell[1]);
  }
});
