import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultIpolicy, type IspecPoint } from '../../../model/index.ts';
import { requireIpolicy } from './require-ipolicy.ts';

const point = (value: number): IspecPoint => ({
  'memory-size': value,
  'disk-size': value,
  'disk-count': value,
  'cpu-count': value,
  'nic-count': value,
  'spindle-use': value,
});
const members = Object.keys(point(1)) as (keyof IspecPoint)[];
const refused = (field: string, member: string) => ({ code: 'INPUT_INVALID', message: new RegExp(`${field}.*${member}`) });

test('a policy may be complete, in part, or a single point', () => {
  requireIpolicy(defaultIpolicy, 'OP_TEST');
  requireIpolicy({}, 'OP_TEST');
  requireIpolicy({ std: point(5) }, 'OP_TEST');
  requireIpolicy({ minmax: [{ min: point(5), max: point(5) }], std: point(5) }, 'OP_TEST');
});

test('no minimum is above its maximum, in whatever member and pair', () => {
  for (const member of members) {
    const pairs = [
      { min: point(1), max: point(5) },
      { min: { ...point(5), [member]: 6 }, max: point(5) },
    ];
    assert.throws(() => requireIpolicy({ minmax: pairs }, 'OP_TEST'), refused('ipolicy.minmax.1', member));
  }
});

test('the standard size is within one of the pairs', () => {
  const pairs = [
    { min: point(1), max: point(3) },
    { min: point(5), max: point(7) },
  ];
  for (const value of [1, 3, 5, 7]) requireIpolicy({ minmax: pairs, std: point(value) }, 'OP_TEST');
  for (const value of [0, 4, 8]) {
    assert.throws(() => requireIpolicy({ minmax: pairs, std: point(value) }, 'OP_TEST'), refused('ipolicy.std', 'memory-size'));
  }
  for (const member of members) {
    const std = { ...point(2), [member]: 8 };
    assert.throws(() => requireIpolicy({ minmax: pairs, std }, 'OP_TEST'), refused('ipolicy.std', member));
  }
});
