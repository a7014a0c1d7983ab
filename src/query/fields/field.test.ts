import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offline, toCell, toPlain } from './cell.ts';
import { fieldsOf } from './field.ts';
import { always, listOf, textOrNull } from './value-types.ts';

interface Thing {
  readonly name: string;
  readonly size: number | null;
}

const { stored, computed, live } = fieldsOf<Thing>();

test('the compiler refuses a getter that does not fit the type of its field, or looks further than its source says', () => {
  const fields = [
    stored('name', 'Name', always('text'), '', (thing) => thing.name),
    stored('size', 'Size', 'number', '', (thing) => thing.size),
    // @ts-expect-error there may be no size
    stored('size', 'Size', always('number'), '', (thing) => thing.size),
    // @ts-expect-error a name is no number
    stored('name', 'Name', 'number', '', (thing) => thing.name),
    // @ts-expect-error elements are texts
    stored('sizes', 'Sizes', listOf(textOrNull), '', (thing) => [thing.size]),
    // @ts-expect-error what is stored needs no view
    stored('cluster', 'Cluster', 'text', '', (_, view) => view.config.cluster.cluster_name),
    // @ts-expect-error what is computed from the configuration does not look at reports
    computed('live', 'Live', 'number', '', (_, view) => view.live.version),
    live('live', 'Live', 'number', '', (_, view) => view.live.version),
    // @ts-expect-error a value that is always there cannot be missing
    live('up', 'Up', always('bool'), '', () => offline),
  ];
  assert.deepEqual([...new Set(fields.map(({ source }) => source))], ['stored', 'computed', 'live']);
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
