import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { createSecretMask } from './secret-mask.ts';

const masked = (secrets: string[], ...pieces: string[]) => {
  const mask = createSecretMask(secrets);
  return pieces.map((piece) => mask.push(piece)).join('') + mask.end();
};

test('a secret does not show, however the text was cut into pieces', () => {
  const text = 'begin hunter22 middle hunter22hunter22 end hunt';
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
      assert.equal(masked(['hunter22'], ...pieces), 'begin <redacted> middle <redacted><redacted> end hunt');
    }),
    { seed: 3 },
  );
});

test('of two secrets the longer one goes first, and one of several lines goes line by line', () => {
  assert.equal(masked(['pass', 'password'], 'my password, my pass'), 'my <redacted>, my <redacted>');
  assert.equal(masked(['line-one\nline-two'], 'x line-two y line-one'), 'x <redacted> y <redacted>');
});

test('of two secrets of which one begins, ends or overlaps the other both are hidden wholly, however the text was cut', () => {
  const cases: [string[], string, string][] = [
    [['pass', 'password'], 'my password, my pass, passpassword', 'my <redacted>, my <redacted>, <redacted><redacted>'],
    [['word', 'password'], 'my password, my word', 'my <redacted>, my <redacted>'],
    [['abcdef', 'defghi'], 'x abcdefghi y defabcdef', 'x <redacted> y def<redacted>'],
    [['aaaa'], 'b aaaaaaaaaa b aaa', 'b <redacted> b aaa'],
    [['abcd', 'bcdef', 'abcdxy'], 'abcdef abcdxy abcdx', '<redacted> <redacted> <redacted>x'],
  ];
  for (const [secrets, text, shown] of cases) {
    assert.equal(masked(secrets, text), shown);
    for (let first = 0; first <= text.length; first++)
      for (let second = first; second <= text.length; second++)
        assert.equal(masked(secrets, text.slice(0, first), text.slice(first, second), text.slice(second)), shown, `${first} ${second}`);
  }
});

test('what is held back is never longer than a secret', () => {
  const mask = createSecretMask(['aaaa']);
  assert.equal(mask.push('a'.repeat(100_000)), '<redacted>');
  assert.equal(mask.push('a'.repeat(100_000)), '');
  assert.equal(mask.push('b') + mask.end(), 'b');
});

test('without secrets every piece comes at once', () => {
  const mask = createSecretMask(['', 'abc']);
  assert.equal(mask.push('abc'), 'abc');
});

test('only what may be the beginning of a secret is held back, and is told in the end', () => {
  const mask = createSecretMask(['hunter22', 'horse']);
  assert.equal(mask.push('plain text'), 'plain text');
  assert.equal(mask.push('a hunter'), 'a ');
  assert.equal(mask.push('s are here'), 'hunters are here');
  assert.equal(mask.push('h'), '');
  assert.equal(mask.push('ors'), '');
  assert.equal(mask.push('e!'), '<redacted>!');
  assert.equal(mask.push('hunt'), '');
  assert.equal(mask.end(), 'hunt');
  assert.equal(mask.end(), '');
  assert.equal(mask.push('er22 and hunter22'), 'er22 and <redacted>', 'what was told in the end is continued by nothing');
});

test('secrets of four characters are taken out, shorter ones are not', () => {
  assert.equal(masked(['four', 'thr'], 'four thr'), '<redacted> thr');
  assert.equal(masked(['ab\r\ncdef\n\ngh'], 'cdef gh ab\r\ncdef\n\ngh'), '<redacted> gh <redacted>');
});

/** Each of these texts took minutes while the work was that of the text for each character of the secret. */
const long = 60_000;
const costly: readonly (readonly [what: string, secret: string, text: string, shown: string])[] = [
  ['a text that is nothing but the secret', '0'.repeat(long), '0'.repeat(8_000_000), '<redacted>'],
  [
    'a text that is almost the secret',
    `${'0'.repeat(long)}1`,
    `${'0'.repeat(long - 1)}2`.repeat(130),
    `${'0'.repeat(long - 1)}2`.repeat(130),
  ],
  [
    'a secret of many lines',
    Array.from({ length: 12_000 }, (_, line) => `x${line + 10_000}`).join('\n'),
    'x'.repeat(8_000_000),
    'x'.repeat(8_000_000),
  ],
];
for (const [what, secret, text, shown] of costly)
  test(`the work grows with the text alone: ${what}`, { timeout: 120_000 }, async () => {
    const mask = createSecretMask([secret]);
    let told = '';
    for (let at = 0; at < text.length; at += 65_536) {
      told += mask.push(text.slice(at, at + 65_536));
      // So that the limit of the test can end it.
      await turn();
    }
    assert.ok(told + mask.end() === shown);
  });
