import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Presented } from './presented.ts';

test('cookies are read by name; what is none is left out, and of two the first counts', () => {
  const { cookies } = new Presented({ cookie: 'a=1; b="two=2"; a=3;c; =4;  d = 5 ' }, 'x');
  assert.deepEqual(
    [...cookies],
    [
      ['a', '1'],
      ['b', 'two=2'],
      ['d', '5'],
    ],
  );
  assert.equal(new Presented({}, 'x').cookies.size, 0);
});

test('what a connection without certificates shows is no certificate', () => {
  assert.equal(new Presented({}, 'x').certificate, undefined);
});
