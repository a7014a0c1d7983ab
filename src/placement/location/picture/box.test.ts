import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Box, fitted, flow, framed, lines, shortName, stack, textWidth } from './box.ts';

const box = (name: string, width: number, height: number): Box => ({ width, height, draw: (x, y) => `${name}@${x},${y} ` });

test('boxes flow side by side into rows as wide as allowed, the highest of a row makes room for all', () => {
  const row = flow([box('a', 30, 10), box('b', 40, 20), box('c', 78, 5), box('d', 100, 7)], 78);
  assert.equal(row.draw(1, 2), 'a@1,2 b@39,2 c@1,30 d@1,43 ');
  assert.deepEqual([row.width, row.height], [100, 48]);
  const tight = flow([box('a', 30, 10), box('b', 40, 20)], 77, 2);
  assert.equal(tight.draw(0, 0), 'a@0,0 b@32,0 ');
  assert.deepEqual([tight.width, tight.height], [72, 20]);
  assert.deepEqual([flow([], 10).width, flow([], 10).height, flow([], 10).draw(0, 0)], [0, 0, '']);
});

test('boxes below each other, without room for empty ones', () => {
  const pile = stack([box('a', 30, 10), box('nothing', 500, 0), box('b', 40, 20), box('c', 5, 1)]);
  assert.equal(pile.draw(3, 4), 'a@3,4 b@3,22 c@3,50 ');
  assert.deepEqual([pile.width, pile.height], [40, 47]);
  assert.equal(stack([box('a', 1, 1), box('b', 1, 1)], 3).draw(0, 0), 'a@0,0 b@0,4 ');
});

test('a frame has room for its title, which is cut where even that does not fit', () => {
  const frame = framed('rack <1>', 'domain', box('in', 20, 10));
  assert.deepEqual([frame.width, frame.height], [70, 44]);
  assert.equal(
    frame.draw(100, 200),
    '<g><rect class="domain" x="100" y="200" width="70" height="44" rx="4"/><text class="title" x="108" y="216">rack &lt;…</text>in@108,226 </g>\n',
  );
  assert.equal(framed('r', 'node', box('in', 200, 10)).width, 216);
});

test('lines of text are 17 pixels apart, faint ones narrower', () => {
  const text = lines(['one', 'a & b'], 'plain');
  assert.deepEqual([text.width, text.height], [34, 34]);
  assert.equal(text.draw(5, 10), '<text class="plain" x="5" y="22">one</text>\n<text class="plain" x="5" y="39">a &amp; b</text>\n');
  assert.equal(lines(['a & b'], 'faint').width, 0.85 * 34);
  assert.deepEqual([lines([], 'plain').width, lines([], 'plain').height], [0, 0]);
});

test('a text is cut to what fits and says so; one letter is always left', () => {
  assert.equal(textWidth('abc'), 21);
  assert.equal(fitted('abcdef', 41), 'abcdef');
  assert.equal(fitted('abcdefg', 41), 'abcde…');
  assert.equal(fitted('abc', 1), 'a…');
  assert.equal(fitted('a', 0), 'a');
  assert.equal(fitted('abcdef', 40, 10), 'abc…');
  assert.deepEqual([shortName('node1.example.com'), shortName('node1')], ['node1', 'node1']);
});
