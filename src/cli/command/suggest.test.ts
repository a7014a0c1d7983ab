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

test('at most three, in a fixed order', () => {
  assert.deepEqual(suggest('nodx', ['node4', 'node', 'nods', 'nodb', 'noda']), ['noda', 'nodb', 'node']);
});

test('a hint follows a sentence, or is nothing', () => {
  assert.equal(suggestionHint('lst', ['list']), ' Did you mean "list"?');
  assert.equal(suggestionHint('zzz', ['list']), '');
});
