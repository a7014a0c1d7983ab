import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest, suggestionHint } from './suggest.ts';

test('the nearest words are suggested, swapped letters count once', () => {
  assert.deepEqual(suggest('lsit', ['list', 'info', 'console']), ['list']);
  assert.deepEqual(suggest('inst1.r5.tst', ['inst2.r5.test', 'inst1.r5.test']), ['inst1.r5.test']);
  assert.deepEqual(suggest('MIGRATE', ['migrate']), ['migrate']);
});

test('words that are far away are not, but those that begin alike are', () => {
  assert.deepEqual(suggest('zzz', ['list', 'info']), []);
  assert.deepEqual(suggest('web', ['web-frontend-1', 'web-frontend-2', 'database']), ['web-frontend-1', 'web-frontend-2']);
});

test('a part of a word is enough where nothing is nearer', () => {
  assert.deepEqual(suggest('memory', ['be/memory', 'be/vcpus', 'name']), ['be/memory']);
  assert.deepEqual(suggest('VCPUS', ['be/vcpus', 'oper_vcpus', 'vcpusx']), ['vcpusx']);
  assert.deepEqual(suggest('vcpus', ['be/vcpus', 'oper_vcpus', 'links']), ['be/vcpus', 'oper_vcpus']);
  assert.deepEqual(suggest('pus', ['be/vcpus']), []);
});

test('at most three, in a fixed order', () => {
  assert.deepEqual(suggest('nodx', ['node4', 'node', 'nods', 'nodb', 'noda']), ['noda', 'nodb', 'node']);
});

test('a hint follows a sentence, or is nothing', () => {
  assert.equal(suggestionHint('lst', ['list']), ' Did you mean "list"?');
  assert.equal(suggestionHint('zzz', ['list']), '');
});

test('a word may differ by a letter for each three that it has, and by one at least', () => {
  for (const [word, candidate, isNear] of [
    ['a', 'b', true],
    ['ab', 'ba', true],
    ['ab', 'cd', false],
    ['abc', 'abcd', true],
    ['abc', 'ab', true],
    ['abc', 'axd', false],
    ['abcdef', 'abdcfe', true],
    ['abcdef', 'fedcba', false],
    ['abcdef', 'abxyzf', false],
    ['abcdef', 'abxyef', true],
    ['kitten', 'sitting', false],
    ['abcdefghi', 'bacdexxhi', true],
    ['', 'a', true],
  ] as const) {
    assert.deepEqual(suggest(word, [candidate]), isNear ? [candidate] : [], `${word} ${candidate}`);
  }
});

test('of near words only the nearest are suggested, and those that begin alike only where none is near', () => {
  assert.deepEqual(suggest('instal', ['install', 'installs', 'instant']), ['install']);
  assert.deepEqual(suggest('li', ['list-all', 'lx', 'listen']), ['lx']);
  assert.deepEqual(suggest('l', ['list', 'load']), [], 'one letter begins too much');
  assert.deepEqual(suggest('list', ['list', 'list']), ['list']);
  assert.deepEqual(suggest('x', []), []);
});
