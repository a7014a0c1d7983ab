import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepTimes } from './step-times.ts';

const outcomes = [
  { step: 'reserve', result: null, at: 100.5 },
  { step: 'start-it', title: 'start the guest', result: null, at: 103.75 },
  { step: 'record-up', result: null, at: 103 },
];
const times = [
  { step: 'reserve', title: 'reserve', seconds: 0.25 },
  { step: 'start-it', title: 'start the guest', seconds: 3.25 },
  { step: 'record-up', title: 'record up', seconds: 0 },
];

test('a step took the time since the one before it, the first since the opcode had its locks; never less than nothing', () => {
  assert.deepEqual(stepTimes({ exec_ts: [100, 250_000], execution: { plan: null, outcomes } }), times);
  const steps = outcomes.map(({ result: _, ...step }) => step);
  assert.deepEqual(stepTimes({ exec_ts: [100, 250_000], steps }), times, 'of one that has succeeded, too');
});

test('an opcode that has no steps, or none that are known, has no times', () => {
  assert.deepEqual(stepTimes({ exec_ts: null }), []);
  assert.deepEqual(stepTimes({ exec_ts: null, steps: [{ step: 'a', at: 5 }] }), [{ step: 'a', title: 'a', seconds: 0 }]);
});
