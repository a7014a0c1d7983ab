import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

console.error('what the failing file printed');
describe('outer', () => {
  test('fails', () => assert.equal(1, 2));
  test('passes', () => undefined);
});
