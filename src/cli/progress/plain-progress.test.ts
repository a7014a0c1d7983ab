import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import type { JobUpdate } from '../connect/cluster-client.ts';
import { type JobTime, jobFromReply } from '../connect/job-reply.ts';
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
  assert.equal(text, '  waits for node node1 (held by job 7), x\\u001b[2J\n');
});

test('the end tells how long it took when the cluster knows both times', () => {
  const end = (received_ts: JobTime | null, end_ts: JobTime | null) =>
    printed((view) => view.end(jobFromReply({ id: 12, status: 'success', received_ts, end_ts })));
  assert.equal(end([100, 0], [104, 500_000]), 'job 12: success after 4.5 s\n');
  assert.equal(end(null, [104, 0]), 'job 12: success\n');
  assert.equal(end([100, 0], null), 'job 12: success\n');
});

test('a log line and a note stand in lines of their own, a note once', () => {
  const text = printed((view) => {
    view.begin(12);
    view.log([1, [0, 0], 'message', { a: 1 }]);
    view.note('lost');
    view.note('lost');
    view.update(update({ status: 'queued', waitingFor: ['job 3 (running)'] }));
  });
  assert.equal(text, 'job 12: instance add web1\n  {"a":1}\n  lost\n  waits for job 3 (running)\n');
});
