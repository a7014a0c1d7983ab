import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { JobUpdate, StepReply } from '../connect/cluster-client.ts';
import { type JobReply, jobFromReply } from '../connect/job-reply.ts';
import type { ProgressView } from './progress-view.ts';
import { terminalProgress } from './terminal-progress.ts';

interface Screen {
  readonly view: ProgressView;
  /** All that was written. */
  text(): string;
  /** What is drawn in the last line now, without its signs and times. */
  running(): string;
  /** What scrolled up, without times. */
  scrolled(): string[];
}

/** Without UTF-8 in the locale of this process or with it, the signs become the same letters. */
const signs: Readonly<Record<string, string>> = { '✓': '*', '✗': 'x', '↶': '<', '–': '-' };

function screen(columns = 100): Screen {
  let text = '';
  const stream = { columns, isTTY: false, write: (piece: string) => (text += piece) } as unknown as WriteStream;
  const plain = (line: string) =>
    stripVTControlCharacters(line)
      .replace(/ {2}[\d.]+ s$/, '')
      .replace(/^[✓✗↶–]/, (sign) => signs[sign] ?? sign);
  return {
    view: terminalProgress(stream, 'instance add web1'),
    text: () => text,
    running: () => plain(text.split('\r\u001b[2K').at(-1) ?? '').slice(2),
    scrolled: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => plain(line.split('\u001b[2K').at(-1) ?? '')),
  };
}

const step = (name: string, index: number, more: Partial<StepReply> = {}): StepReply => ({
  step: name,
  index,
  count: 3,
  fraction: null,
  text: '',
  ...more,
});
const undo = (name: string, index: number) => step(name, index, { text: 'undoing' });
const update = (progress: StepReply | null, more: Partial<JobUpdate> = {}): JobUpdate => ({
  id: 12,
  status: 'running',
  known: [],
  log: [],
  progress,
  waitingFor: [],
  seen: undefined,
  ...more,
});
const job = (status: string, more: Partial<JobReply> = {}): JobReply =>
  jobFromReply({ id: 12, status, received_ts: [100, 0], end_ts: [104, 500_000], ...more });

function show(use: (view: ProgressView, screen: Screen) => void, columns?: number): Screen {
  const shown = screen(columns);
  shown.view.begin(12);
  try {
    use(shown.view, shown);
  } finally {
    shown.view.close();
  }
  return shown;
}

test('the line that runs tells state, reasons, step, share and text', () => {
  show((view, { running }) => {
    assert.equal(running(), 'instance add web1');
    view.update(update(null, { status: 'queued' }));
    assert.equal(running(), 'queued');
    view.update(update(null, { status: 'waiting', waitingFor: ['instance a\u001b', 'job 3'] }));
    assert.equal(running(), 'waiting: waits for instance a\\u001b, job 3');
    view.update(update(step('start', 3)));
    assert.equal(running(), '3/3 start');
    view.update(update(step('start', 3, { text: 'boots' })));
    assert.equal(running(), '3/3 start  boots');
    view.update(update(undo('start', 3)));
    assert.equal(running(), '3/3 undo: start');
    view.note('connection lost\u0007');
    assert.equal(running(), 'connection lost\\u0007');
    view.update(update(step('start', 3)));
    assert.equal(running(), '3/3 start', 'the note is gone when there is news');
  });
});

test('a share is a bar of twenty and a number rounded down, never more than it can be', () => {
  show((view, { running }) => {
    const bar = (fraction: number) => {
      view.update(update(step('copy', 1, { fraction })));
      const [, drawn = ''] = /copy {2}(.*)/.exec(running()) ?? [];
      return drawn.replace(/[━=]/g, '#').replace(/[╌.](?=[╌. ])/g, '_');
    };
    assert.equal(bar(0), '____________________ 0%');
    assert.equal(bar(0.5), '##########__________ 50%');
    assert.equal(bar(0.999), '#################### 99%');
    assert.equal(bar(1), '#################### 100%');
    assert.equal(bar(1.2).slice(0, 21), '#################### ');
    assert.equal(bar(-1).slice(0, 21), '____________________ ');
  });
});

test('a line that is as wide as the terminal is cut, since it could not be drawn over', () => {
  show((view, { text }) => {
    const last = () => text().split('\r\u001b[2K').at(-1) ?? '';
    view.update(update(step('a'.repeat(100), 1)));
    assert.equal(last().length, 39);
    assert.match(last(), /^. 1\/3 a+[…>]$/);
    view.update(update(step('a'.repeat(20), 1)));
    assert.match(last(), /a{20} {2}0\.0 s$/);
  }, 40);
});

test('steps that are done scroll up, and what comes next tells whether they were', () => {
  const { scrolled } = show((view) => {
    view.update(update(step('reserve', 1)));
    view.update(update(step('reserve', 1, { fraction: 0.5 })));
    view.update(update(step('create', 2)));
    view.update(update(null));
    view.update(update(step('start', 3)));
    view.end(job('success'));
  });
  assert.deepEqual(scrolled(), ['job 12 instance add web1', '* 1/3 reserve', '* 3/3 start', '* instance add web1: success']);
});

test('an undo tells that its step failed or one before it', () => {
  const { scrolled } = show((view) => {
    view.update(update(step('create', 2)));
    view.update(update(undo('create', 2)));
    view.update(update(undo('reserve', 1)));
    view.end(job('error', { operror: [{ code: 'OTHER' }] }));
  });
  assert.deepEqual(scrolled().slice(1), ['x 2/3 create', '< 2/3 undo: create', '< 1/3 undo: reserve', 'x instance add web1: error']);
});

test('a failure that the log tells is shown at its step, although a later one is undone first', () => {
  const { scrolled } = show((view) => {
    view.update(update(step('create', 1)));
    view.log([1, [100, 0], 'message', 'Step "create" failed: no room']);
    view.update(update(undo('zero', 2)));
    view.end(job('error', { operror: [{ code: 'JOB_UNDO_FAILED' }] }));
  });
  assert.deepEqual(scrolled().slice(1), [
    '  Step "create" failed: no room',
    'x 1/3 create',
    'x 2/3 undo: zero',
    'x instance add web1: error',
  ]);
});

test('a step that an undo follows of a later number had been done', () => {
  const { scrolled } = show((view) => {
    view.update(update(step('create', 1)));
    view.update(update(undo('start', 3)));
    view.end(job('error'));
  });
  assert.deepEqual(scrolled().slice(1, 3), ['* 1/3 create', '< 3/3 undo: start']);
});

test('the end of a job tells how its last step ended; one that was cancelled has none', () => {
  const end = (status: string) =>
    show((view) => {
      view.update(update(step('start', 3)));
      view.update(update(null, { status }));
      view.end(job(status));
    })
      .scrolled()
      .slice(1);
  assert.deepEqual(end('success'), ['* 3/3 start', '* instance add web1: success']);
  assert.deepEqual(end('error'), ['x 3/3 start', 'x instance add web1: error']);
  assert.deepEqual(end('canceled'), ['- instance add web1: canceled']);
});

test('how long it took is what the cluster says, and log lines steer nothing', () => {
  const { text } = show((view) => {
    view.log([1, [100, 0], 'message', 'a\u001b[2J']);
    view.log([2, [100, 0], 'message', { a: 1 }]);
    view.end(job('success'));
  });
  assert.match(text(), / instance add web1: success {2}4\.5 s\n/);
  assert.match(text(), / {2}a\\u001b\[2J\n/);
  assert.match(text(), / {2}\{"a":1\}\n/);
  const { text: unknown } = show((view) => view.end(job('success', { end_ts: null })));
  assert.match(unknown(), / instance add web1: success {2}0\.0 s\n/);
});

test('the cursor is hidden while it runs; after the end nothing is drawn', () => {
  const { text, view } = show(() => undefined);
  assert.ok(text().startsWith('\u001b[?25l'));
  assert.ok(text().endsWith('\r\u001b[2K\u001b[?25h'));
  const before = text();
  view.close();
  view.update(update(step('start', 3)));
  view.note('late');
  assert.equal(text(), before);
});
