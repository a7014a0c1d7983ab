import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldNames } from './field-names.ts';

const many = (count: number) => Array.from({ length: count }, (_, n) => `f${n}`);

test('names of fields are texts, not too many, and few of them twice', () => {
  const twice = [...many(20), ...many(20)];
  for (const good of [[], ['name'], many(1000), twice]) assert.deepEqual(fieldNames(good, 'no list'), good);
  for (const bad of [undefined, null, 'name', {}, [1], ['name', null]])
    assert.throws(() => fieldNames(bad, 'no list'), { code: 'API_REQUEST_INVALID', message: /no list/ });
  for (const bad of [many(1001), [...twice, 'f0'], Array.from({ length: 20_000 }, () => 'ops')])
    assert.throws(() => fieldNames(bad, 'no list'), { code: 'API_REQUEST_INVALID', message: /fields are too many/ });
});
