import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import type { JobUpdate, StepReply } from '../connect/cluster-client.ts';
import { isFinal, type JobReply, secondsOf } from '../connect/job-reply.ts';
import { formatDuration } from '../output/format-values.ts';
import { harmless, paint } from '../output/print.ts';
import { isUndo, logText } from './plain-progress.ts';
import type { ProgressView } from './progress-view.ts';

const unicodeSigns = { frames: '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏', full: '━', empty: '╌', done: '✓', failed: '✗', undone: '↶', canceled: '–', more: '…' };
const asciiSigns = { frames: '|/-\\', full: '=', empty: '.', done: '*', failed: 'x', undone: '<', canceled: '-', more: '>' };
const locale = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
const signs = /utf-?8/i.test(locale) ? unicodeSigns : asciiSigns;
const clearLine = '\r\x1b[2K';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

/** Progress on a terminal: what is done scrolls up, what runs stays in the last line and moves. */
export function terminalProgress(stream: WriteStream, given: string): ProgressView {
  const label = harmless(given);
  const began = performance.now();
  let stepBegan = began;
  let frame = 0;
  let current: JobUpdate | undefined;
  let failedStep: string | undefined;
  let remark = '';
  let timer: NodeJS.Timeout | undefined;

  const seconds = (since: number) => formatDuration((performance.now() - since) / 1000);
  const draw = () => {
    if (!timer) return;
    const text = `${signs.frames[frame % signs.frames.length]} ${runningText(current, label, remark)}  ${seconds(began)}`;
    stream.write(clearLine + fit(text, stream.columns || 80));
  };
  const scroll = (text: string) => stream.write(`${timer ? clearLine : ''}${text}\n`);
  const showStep = (style: 'green' | 'red' | 'yellow', sign: string, { index, count, step }: StepReply, took = seconds(stepBegan)) => {
    const number = paint('gray', `${index}/${count}`, stream);
    scroll(`${paint(style, sign, stream)} ${number} ${harmless(step)}  ${paint('gray', took, stream)}`);
    stepBegan = performance.now();
  };
  /** The step that was shown has ended; `failed` is known of the last one only, of others it follows from what came next. */
  const finishStep = (next: StepReply | null, failed: boolean) => {
    const last = current?.progress;
    if (!last) return;
    if (isUndo(last)) showStep('yellow', failed ? signs.failed : signs.undone, { ...last, step: `undo: ${last.step}` });
    else if (failed || failedStep === last.step || (next && isUndo(next) && next.index <= last.index)) showStep('red', signs.failed, last);
    else showStep('green', signs.done, last);
  };

  return {
    begin: (id) => {
      stream.write(`${hideCursor}${paint('bold', `job ${id}`, stream)} ${label}\n`);
      timer = setInterval(() => {
        frame++;
        draw();
      }, 100);
      draw();
    },
    log: (line) => {
      failedStep = /^Step "(.*)" failed: /s.exec(logText(line[3]))?.[1] ?? failedStep;
      scroll(`  ${paint('gray', harmless(logText(line[3])), stream)}`);
      draw();
    },
    update: (update) => {
      remark = '';
      const [last, next] = [current?.progress, update.progress];
      if (last && next && (last.step !== next.step || isUndo(last) !== isUndo(next))) finishStep(next, false);
      // What a job that has ended did last, its end tells.
      current = next || !isFinal(update) ? update : { ...update, progress: last ?? null };
      draw();
    },
    note: (text) => {
      remark = text;
      draw();
    },
    end: (job) => {
      // The last step has no successor that tells how it ended.
      const last = current?.progress;
      if (job.status !== 'canceled') finishStep(null, last && isUndo(last) ? undoFailed(job) : job.status === 'error');
      const [style, sign] = endSigns[job.status] ?? (['red', signs.failed] as const);
      const took = job.received_ts && job.end_ts ? formatDuration(secondsOf(job.end_ts) - secondsOf(job.received_ts)) : seconds(began);
      scroll(`${paint(style, sign, stream)} ${label}: ${paint(style, job.status, stream)}  ${paint('gray', took, stream)}`);
    },
    close: () => {
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      stream.write(clearLine + showCursor);
    },
  };
}

const endSigns: Readonly<Record<string, readonly ['green' | 'yellow', string]>> = {
  success: ['green', signs.done],
  canceled: ['yellow', signs.canceled],
};

const undoFailed = (job: JobReply): boolean =>
  job.operror.some((error) => (error as { code?: unknown } | null)?.code === 'JOB_UNDO_FAILED');

function runningText(update: JobUpdate | undefined, label: string, remark: string): string {
  if (remark) return harmless(remark);
  if (!update) return label;
  const { status, progress, waitingFor } = update;
  if (!progress) return harmless(waitingFor.length > 0 ? `${status}: waits for ${waitingFor.join(', ')}` : status);
  const bar = progress.fraction === null ? '' : `  ${drawBar(progress.fraction)}`;
  const text = progress.text && !isUndo(progress) ? `  ${progress.text}` : '';
  return harmless(`${progress.index}/${progress.count} ${isUndo(progress) ? 'undo: ' : ''}${progress.step}${bar}${text}`);
}

function drawBar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * 20);
  return `${signs.full.repeat(filled)}${signs.empty.repeat(20 - filled)} ${Math.floor(fraction * 100)}%`;
}

/** One line never wraps, else it could not be drawn over. */
function fit(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length < columns ? plain : `${plain.slice(0, columns - 2)}${signs.more}`;
}
