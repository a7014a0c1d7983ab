import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortRows } from './sort-rows.ts';

const rows = [
  { name: 'web10', ram: 512, at: [20, 5], up: true },
  { name: 'web2', ram: null, at: [3, 9], up: false },
  { name: 'db1', ram: 4096, at: [100, 0], up: true },
  { name: 'web1', ram: 512, at: [20, 5], up: false },
];
const order = (...keys: [name: string, descending?: boolean][]) =>
  sortRows(
    rows,
    keys.map(([name, descending = false]) => ({ field: { name, title: name }, descending })),
  ).map(({ name }) => name);

test('names are in the order of their numbers', () => {
  assert.deepEqual(order(['name']), ['db1', 'web1', 'web2', 'web10']);
  assert.deepEqual(order(['name', true]), ['web10', 'web2', 'web1', 'db1']);
});

test('numbers and times are compared by size; what is not known comes last in both directions', () => {
  assert.deepEqual(order(['ram'], ['name']), ['web1', 'web10', 'db1', 'web2']);
  assert.deepEqual(order(['ram', true], ['name']), ['db1', 'web1', 'web10', 'web2']);
  assert.deepEqual(order(['at'], ['name', true]), ['web2', 'web10', 'web1', 'db1']);
});

test('a second field decides among equals, and without a field the order stays', () => {
  assert.deepEqual(order(['up', true], ['ram'], ['name']), ['web10', 'db1', 'web1', 'web2']);
  assert.deepEqual(order(), ['web10', 'web2', 'db1', 'web1']);
});

test('objects are compared by what they hold, empty texts are not known', () => {
  const things = [
    { name: 'c', value: { b: 2 } },
    { name: 'a', value: { b: 1 } },
    { name: 'e', value: '' },
    { name: 'd', value: [] },
    { name: 'b', value: true },
  ];
  const sorted = (descending: boolean) =>
    sortRows(things, [
      { field: { name: 'value', title: '' }, descending },
      { field: { name: 'name', title: '' }, descending: false },
    ]).map(({ name }) => name);
  assert.deepEqual(sorted(false), ['a', 'c', 'b', 'd', 'e']);
  assert.deepEqual(sorted(true), ['b', 'c', 'a', 'd', 'e']);
});
