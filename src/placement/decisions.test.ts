import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { describeDecisions } from './testing/describe-decisions.ts';

/**
 * What was decided about random clusters, by seed: that each decision is a good one other tests show, here that none changes
 * unseen. A change that is meant is put into the file, and its reason into the commit.
 */
const known: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('testdata/decisions.json', import.meta.url), 'utf8'),
);

describe('the same cluster gets the same decisions', () => {
  for (const [seed, lines] of Object.entries(known)) {
    test(`seed ${seed}`, () => {
      const decided = describeDecisions(Number(seed));
      for (const [place, line] of lines.entries()) assert.equal(decided[place], line);
      assert.equal(decided.length, lines.length);
    });
  }
});
