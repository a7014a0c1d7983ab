import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError } from '../../base/index.ts';
import { ReportedError } from '../connect/reported-error.ts';
import { formatDuration, formatPlain, formatSize, formatTime } from './format-values.ts';
import { harmless } from './print.ts';
import { printError } from './print-error.ts';

test('text from elsewhere cannot steer the terminal', () => {
  assert.equal(harmless('a\u001b[31mb\u0007\r\nc\td\u009b'), 'a\\u001b[31mb\\u0007\nc\td\\u009b');
});

test('sizes for people and for programs', () => {
  assert.equal(formatSize(1536), '1.5G');
  assert.equal(formatSize(1536, 'm'), '1536');
  assert.equal(formatSize(1536, 'g'), '1.5');
  assert.equal(formatSize(null), '-');
});

test('anything fits into a cell', () => {
  assert.equal(formatPlain([]), '-');
  assert.equal(formatPlain(['a', null, true]), 'a,-,yes');
  assert.equal(formatPlain({ mode: 'bridged', vlan: '' }), 'mode=bridged,vlan=-');
  assert.equal(formatPlain('a\u001b'), 'a\\u001b');
});

test('lengths of time', () => {
  assert.deepEqual([0.42, 12.4, 185, 7260].map(formatDuration), ['0.4 s', '12 s', '3 min 5 s', '2 h 1 min']);
});

test('the borders between units of time', () => {
  assert.deepEqual([0, 9.94, 10, 59.4, 60, 3599, 3600, 86_400].map(formatDuration), [
    '0.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '24 h 0 min',
  ]);
});

test('times are to the second, and what is no time is a dash', () => {
  const local = new Date(2026, 0, 2, 3, 4, 5);
  assert.equal(formatTime(local.getTime() / 1000), '2026-01-02 03:04:05');
  assert.equal(formatTime([local.getTime() / 1000, 999_999]), '2026-01-02 03:04:05');
  assert.deepEqual([null, undefined, '1', Number.NaN, Number.POSITIVE_INFINITY, []].map(formatTime), ['-', '-', '-', '-', '-', '-']);
});

test('what is empty is a dash in a cell, what is false is not', () => {
  assert.deepEqual([null, undefined, '', [], {}, false, 0, true].map(formatPlain), ['-', '-', '-', '-', '-', 'no', '0', 'yes']);
  assert.equal(formatSize(2048, 't'), '0.0');
  assert.equal(formatSize(1_572_864, 't'), '1.5');
  assert.equal(formatSize('?'), '?');
});

test('an error is printed with what to do, and with its stack for who looks for a bug', (t) => {
  const printed = (thrown: unknown, debug: string, suggestions: readonly string[] = []) => {
    let text = '';
    const write = t.mock.method(process.stderr, 'write', (piece: string) => {
      text += piece;
      return true;
    });
    const before = process.env['GANTRY_DEBUG'];
    process.env['GANTRY_DEBUG'] = debug;
    process.env['NO_COLOR'] = '1';
    try {
      printError(thrown, 'table', suggestions);
    } finally {
      write.mock.restore();
      if (before === undefined) delete process.env['GANTRY_DEBUG'];
      else process.env['GANTRY_DEBUG'] = before;
      delete process.env['NO_COLOR'];
    }
    return text;
  };
  const error = new GantryError('JOB_UNKNOWN', { job: 7 });
  const plain = printed(error, '', ['8', '9\u001b']);
  assert.match(plain, /^Error JOB_UNKNOWN: .*7.*\n {2}why: {2}\S.*\n {2}did you mean: {2}8, 9\\u001b\n {2}what to do: {2}\S.*\n$/);
  assert.match(printed(error, '1'), /what to do: .*\nGantryError: [^]*print\.test\.ts/);
  assert.equal(printed('a text', '1').split('\n').length, 4, 'what is no error has no stack');
  const report = { code: 'X', what: 'w', why: '', todo: '', facts: {} };
  assert.equal(printed(new ReportedError(report, {}), ''), 'Error X: w\n');
});
