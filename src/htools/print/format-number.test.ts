import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatFixed, formatGeneral, showReal } from './format-number.ts';

test('rounds the shortest decimal form, the half to even', () => {
  const cases: [number, number, string][] = [
    [0.28756426, 8, '0.28756426'],
    [0, 8, '0.00000000'],
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [2.675, 2, '2.68'],
    [1.005, 2, '1.00'],
    [0.015, 2, '0.02'],
    [9.9999, 2, '10.00'],
    [1234567.891, 1, '1234567.9'],
    [4.2e-10, 8, '0.00000000'],
    [6e-9, 8, '0.00000001'],
    [-0.25, 1, '-0.2'],
    [Number.NaN, 3, 'NaN'],
    [Number.NEGATIVE_INFINITY, 3, '-Infinity'],
  ];
  for (const [value, places, expected] of cases) assert.equal(formatFixed(value, places), expected, `${value} with ${places}`);
});

test('what it prints is within half a unit of the last place', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 8 }), (value, places) => {
      const text = formatFixed(value, places);
      assert.match(text, places === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${places}}$`));
      assert.ok(Math.abs(Number(text) - value) <= 0.5 * 10 ** -places + 1e-9, `${value}: ${text}`);
    }),
    { seed: 1 },
  );
});

test('numbers far from one have an exponent', () => {
  assert.equal(formatGeneral(1e-9, 6), '1.000000e-9');
  assert.equal(formatGeneral(0.05, 6), '5.000000e-2');
  assert.equal(formatGeneral(0.1, 6), '0.100000');
  assert.equal(formatGeneral(0, 6), '0.000000');
  assert.equal(formatGeneral(12345678, 2), '1.23e7');
  assert.equal(formatGeneral(9.9999999e-3, 2), '1.00e-2');
});

test('a number in full reads back as itself', () => {
  assert.equal(showReal(4), '4.0');
  assert.equal(showReal(0.01), '1.0e-2');
  assert.equal(showReal(32.5), '32.5');
  assert.equal(showReal(1e7), '1.0e7');
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => assert.equal(Number(showReal(value)), value)),
    { seed: 2 },
  );
});
