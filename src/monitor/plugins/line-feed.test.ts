import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineFeed } from './line-feed.ts';

test('the newest whole line, however the text is cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{0,6}$/), { minLength: 1, maxLength: 10 }),
      fc.array(fc.nat({ max: 8 })),
      (lines, cuts) => {
        const text = Buffer.from(`${lines.join('\n')}\nrest`);
        const feed = createLineFeed(
          1000,
          () => 0,
          () => undefined,
        );
        let at = 0;
        for (const cut of [...cuts, text.length]) {
          assert.equal(feed.push(text.subarray(at, at + cut)), true);
          at += cut;
        }
        const whole = lines.filter((line) => line !== '');
        assert.equal(feed.newest?.line.toString(), whole.at(-1));
      },
    ),
    { seed: 4 },
  );
});

test('more than is allowed: a line too long, or too many within a second', () => {
  let time = 0;
  const feed = () =>
    createLineFeed(
      10,
      () => time,
      () => undefined,
    );
  assert.equal(feed().push(Buffer.from('12345678901')), false);
  assert.equal(feed().push(Buffer.from('12345678901\n')), false);
  const one = feed();
  for (let i = 0; i < 100; i++) {
    time += 200;
    assert.equal(one.push(Buffer.from('123456789\n')), true);
  }
  assert.deepEqual(Array.from({ length: 9 }, () => one.push(Buffer.from('123456789\n'))).indexOf(false) > 2, true);
});
