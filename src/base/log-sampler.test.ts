import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogSampler } from './log-sampler.ts';

test('a burst is written, then so many a second, and what was left out is counted once', () => {
  let time = 0;
  const sampler = createLogSampler({ burst: 3, perSecond: 2, now: () => time });
  const written = () => Array.from({ length: 10 }, () => sampler.take('a').write).filter(Boolean).length;
  assert.equal(written(), 3);
  time = 1000;
  assert.deepEqual(sampler.take('a'), { write: true, leftOut: 7 });
  assert.deepEqual(sampler.take('a'), { write: true, leftOut: 0 });
  assert.equal(sampler.take('a').write, false);
  assert.deepEqual(sampler.untold(), [['a', 1]]);
  assert.deepEqual(sampler.untold(), []);
  time = 3_600_000;
  assert.equal(written(), 3);
});

test('kinds do not crowd each other out, and a clock that is set back stops nothing', () => {
  let time = 10_000;
  const sampler = createLogSampler({ burst: 1, perSecond: 1, now: () => time });
  sampler.take('a');
  assert.equal(sampler.take('a').write, false);
  assert.equal(sampler.take('b').write, true);
  time = 0;
  assert.equal(sampler.take('a').write, false);
  time = 1000;
  assert.equal(sampler.take('a').write, true);
});

test('it remembers a bounded number of kinds', () => {
  const sampler = createLogSampler({ burst: 1, perSecond: 0, now: () => 0 });
  for (let kind = 0; kind < 2000; kind++) sampler.take(`kind ${kind}`);
  for (let kind = 0; kind < 2000; kind++) sampler.take(`kind ${kind}`);
  assert.ok(sampler.untold().length <= 500);
  assert.equal(sampler.take('kind 1999').write, false, 'the newest are remembered');
  assert.equal(sampler.take('kind 1500').write, false, 'that it was seen again makes it new');
  for (let kind = 0; kind < 499; kind++) sampler.take(`other ${kind}`);
  assert.equal(sampler.take('kind 1500').write, false);
  assert.equal(sampler.take('kind 1999').write, true, 'what was seen longest ago is forgotten');
});
