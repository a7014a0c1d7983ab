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
  assert.equal(closestName('web', ['wab', 'wob']), 'wab', 'of equally near names the first');
  assert.equal(closestName('ab', ['ax', 'xy']), 'ax', 'one mistake even in a short name');
  assert.equal(closestName('ab', ['xy']), undefined);
  assert.equal(closestName('abcdef', ['abxyef', 'xbxyef']), 'abxyef', 'a third of six are two mistakes');
  assert.equal(closestName('abcdef', ['xbxyef']), undefined);
});

test('distance counts insertions, deletions and substitutions', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
  assert.equal(editDistance('wbe', 'web'), 1, 'a swap is one mistake');
  assert.equal(editDistance('same', 'same'), 0);
  assert.equal(editDistance('abc', ''), 3);
  assert.equal(editDistance('ab', 'ba'), 1);
  assert.equal(editDistance('xab', 'yba'), 2);
  assert.equal(editDistance('ca', 'abc'), 3, 'swapped letters stay as they are');
  assert.equal(editDistance('abab', 'baba'), 2);
  assert.equal(editDistance('flaw', 'lawn'), 2);
  assert.equal(editDistance('intention', 'execution'), 5);
});

test('a limit ends the counting, and changes nothing below it', () => {
  assert.equal(editDistance('kitten', 'sitting', 4), 3);
  assert.equal(editDistance('kitten', 'sitting', 3), 3);
  assert.equal(editDistance('kitten', 'sitting', 2), 2);
  assert.equal(editDistance('a', 'abcdef', 3), 3);
  assert.equal(editDistance('aaaaaa', 'bbbbbb', 2), 2);
  assert.equal(editDistance('abcd', 'badc', 3), 2, 'a swap brings the distance down again');
});
