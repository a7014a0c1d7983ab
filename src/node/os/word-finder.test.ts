import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WordFinder } from './word-finder.ts';

/** Few letters, so that words begin, end and overlap each other. */
const text = (maxLength: number, minLength = 0) =>
  fc.array(fc.constantFrom('a', 'b', 'ü'), { minLength, maxLength }).map((letters) => letters.join(''));

test('the longest word that ends at each place is found, and how much may be the beginning of one', () => {
  fc.assert(
    fc.property(fc.array(text(5, 1), { maxLength: 6 }), fc.array(text(8), { maxLength: 4 }), (words, pieces) => {
      const finder = new WordFinder(words);
      let read = '';
      for (const piece of pieces) {
        const from = read.length;
        read += piece;
        const found = finder.find(piece);
        const wanted = Array.from({ length: piece.length }, (_, at) => {
          const end = from + at + 1;
          const length = Math.max(0, ...words.filter((word) => read.slice(0, end).endsWith(word)).map((word) => word.length));
          return { start: end - length, end };
        }).filter(({ start, end }) => start < end);
        assert.deepEqual(found, wanted);
        const beginnings = words.flatMap((word) => Array.from(word, (_, at) => word.slice(0, at)));
        assert.equal(finder.begun, Math.max(0, ...beginnings.filter((one) => read.endsWith(one)).map((one) => one.length)));
      }
    }),
    { seed: 5, numRuns: 1000 },
  );
});

test('what is forgotten is continued by nothing; places are counted on', () => {
  const finder = new WordFinder(['word']);
  assert.deepEqual(finder.find('a wo'), []);
  finder.forget();
  assert.equal(finder.begun, 0);
  assert.deepEqual(finder.find('rd word'), [{ start: 7, end: 11 }]);
});
