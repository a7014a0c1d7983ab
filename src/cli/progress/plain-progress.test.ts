import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { JobUpdate } from '../connect/cluster-client.ts';
import { plainProgress } from './plain-progress.ts';

function printed(use: (view: ReturnType<typeof plainProgress>) => void): string {
  let text = '';
  const stream = new Writable({
    write: (piece: Buffer, _, done) => {
      text += piece.toString();
      done();
    },
  });
  use(plainProgress(stream, 'instance add web1'));
  return text;
}

const update = (more: Partial<JobUpdate>): JobUpdate => ({
  id: 12,
  status: 'running',
  known: [],
  log: [],
  progress: null,
  waitingFor: [],
  seen: undefined,
  ...more,
});
const step = (name: string, index: number, text = '') => ({ step: name, index, count: 3, fraction: null, text });

test('each step stands in a line of its own once, and an undo is told from a step that is done', () => {
  const text = printed((view) => {
    view.update(update({ progress: step('create disk 0', 1) }));
    view.update(update({ progress: step('create disk 0', 1, 'half') }));
    view.update(update({ progress: step('start', 3) }));
    view.update(update({ progress: step('create disk 0', 1, 'undoing') }));
  });
  assert.equal(text, '  [1/3] create disk 0\n  [3/3] start\n  [1/3] undo: create disk 0\n');
});

test('what a job waits for is told while it waits, and nothing steers the terminal', () => {
  const text = printed((view) => {
    view.update(update({ status: 'waiting', waitingFor: ['node node1 (held by job 7)', 'x\u001b[2J'] }));
    view.update(update({ status: 'waiting', waitingFor: [] }));
    view.update(update({ status: 'running', waitingFor: ['nothing'] }));
  });
  assert.equal(text, '  waits for node node1 (held by job 7), x\\x1b[2J\n');
});
