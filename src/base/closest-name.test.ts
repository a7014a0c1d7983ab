import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closestName, editDistance } from './closest-name.ts';

test('a misspelt name finds its neighbour, nonsense finds none', () => {
  const names = ['web1', 'web2', 'database'];
  assert.equal(closestName('wbe1', ['database', 'web1']), 'web1');
  assert.equal(closestName('databse', names), 'database');
  assert.equal(closestName('WEB2', names), 'web2');
  assert.equal(closestName('zzzzzz', names), undefined);
  assert.equal(closestName('x', []), undefined);
});

test('distance counts insertions, deletions and substitutions', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('wbe', 'web'), 1, 'a swap is one mistake');
  assert.equal(editDistance('same', 'same'), 0);
});
