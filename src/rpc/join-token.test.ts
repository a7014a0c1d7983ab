import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GantryError } from '../base/index.ts';
import { decodeJoinToken, encodeJoinToken } from './join-token.ts';

const token = fc.record({
  v: fc.constant(1 as const),
  id: fc.string({ minLength: 1 }),
  secret: fc.string({ minLength: 1 }),
  master: fc.array(fc.string(), { minLength: 1 }),
  ca_sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  node: fc.string({ minLength: 1, unit: 'grapheme' }),
});

describe('join token', () => {
  it('is one word and comes back as it was', () => {
    fc.assert(
      fc.property(token, (whole) => {
        const text = encodeJoinToken(whole);
        assert.match(text, /^[\w-]+$/);
        assert.deepEqual(decodeJoinToken(` ${text}\n`), { ...whole });
      }),
      { seed: 1 },
    );
  });

  it('refuses every other text, and never shows it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          assert.throws(
            () => decodeJoinToken(text),
            (error) =>
              error instanceof GantryError && error.code === 'JOIN_TOKEN_MALFORMED' && (text.length < 8 || !error.message.includes(text)),
          );
        },
      ),
      { seed: 2 },
    );
  });

  it('says what is wrong with a text', () => {
    const whole = { v: 1 as const, id: 'i', secret: 's', master: ['m:1'], ca_sha256: 'a'.repeat(64), node: 'n' };
    const problem = (text: string): unknown => {
      try {
        return decodeJoinToken(text);
      } catch (error) {
        return GantryError.from(error).facts['problem'];
      }
    };
    for (const text of ['', ' \n', 'a b', 'a+b', `${encodeJoinToken(whole)}=`])
      assert.equal(problem(text), 'it is empty or has characters that no token has');
    assert.equal(problem(encodeJoinToken(whole).slice(0, -4)), 'it cannot be decoded, so it is probably cut off');
    assert.equal(problem(encodeJoinToken({ ...whole, master: [] })), 'its field "master" is missing or wrong');
    assert.deepEqual(problem(encodeJoinToken(whole)), whole);
  });
});
