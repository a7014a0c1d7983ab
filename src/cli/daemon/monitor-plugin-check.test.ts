import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { runInProcess } from '../testing/run-in-process.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-check-'));
  await chmod(dir, 0o755);
});
afterEach(() => rm(dir, { recursive: true }));

const check = (...args: string[]) => runInProcess(['monitor', 'plugin', 'check', ...args], { HOME: dir });
const inFolder = (...args: string[]) => check(dir, '--plugin-settings', join(dir, 'none.yaml'), ...args);
const write = (name: string, text: string, mode = 0o644) => writeFile(join(dir, name), text, { mode });

test('what each plugin would serve is shown, and what is wrong with the others', async () => {
  await write('backup.prom', 'backup_age_seconds 7\n');
  await write('backup.yaml', 'interval: 30\n');
  await write('bad.report', '{"data":');
  await write('last.report', '{"data":{"ok":true},"metrics":[{"name":"age_seconds","value":3}]}\n');
  await write('notes', 'no program');
  const { code, stdout, stderr } = await inFolder();
  assert.equal(code, 1, stderr);
  const text = stdout
    .replaceAll(dir, 'DIR')
    .replace(/in \d\.\d{3} s/g, 'in TIME')
    .replace(/"modified":\d+,/, '');
  assert.equal(
    text.replace(/(MONITOR_PLUGIN_\w+).*/g, '$1'),
    [
      'backup  DIR/backup.prom',
      '  prometheus-file, once, every 30 s',
      '  report in TIME: {"families":[{"name":"backup_age_seconds","type":"unknown","help":"","samples":[{"name":"backup_age_seconds","labels":{},"value":7}]}]}',
      '  metrics:',
      '    # HELP backup_age_seconds Of plugin backup.',
      '    # TYPE backup_age_seconds untyped',
      '    backup_age_seconds 7',
      '',
      'bad  DIR/bad.report',
      '  report-file, once, every 60 s',
      '  failed: MONITOR_PLUGIN_REPORT_INVALID',
      '',
      'last  DIR/last.report',
      '  report-file, once, every 60 s',
      '  report in TIME: {"ok":true,"metrics":[{"name":"age_seconds","value":3}]}',
      '  metrics:',
      '    # HELP gantry_plugin_age_seconds Of plugin last.',
      '    # TYPE gantry_plugin_age_seconds gauge',
      '    gantry_plugin_age_seconds 3',
      '',
      'notes  DIR/notes',
      '  refused: MONITOR_PLUGIN_KIND',
      '',
    ].join('\n'),
  );
  assert.match(stderr, /MONITOR_PLUGINS_REFUSED.*2/);
});

test('one plugin is checked by its file or its manifest, and all is well with it', async () => {
  await write('one.report', '{"data":{"a":1}}');
  await write('one.yaml', 'interval: 5\n');
  await write('two.report', '{');
  for (const file of ['one.report', 'one.yaml']) {
    const { code, stdout } = await check(join(dir, file), '--plugin-settings', join(dir, 'none.yaml'));
    assert.equal(code, 0);
    assert.match(stdout, /^one {2}\S+one\.report\n {2}report-file, once, every 5 s\n {2}report in \d\.\d{3} s: \{"a":1\}\n$/);
  }
  const json = await check(join(dir, 'one.report'), '--output', 'json', '--plugin-settings', join(dir, 'none.yaml'));
  const { plugins } = JSON.parse(json.stdout) as { plugins: Record<string, unknown>[] };
  const { seconds, ...plugin } = plugins[0] ?? {};
  assert.ok(typeof seconds === 'number' && seconds < 5);
  const path = join(dir, 'one.report');
  assert.deepEqual(plugin, {
    name: 'one',
    path,
    source: 'report-file',
    mode: 'once',
    interval: 5,
    stderr: '',
    data: { a: 1 },
    metrics: '',
  });
});

test('a program is shown with what it says beside its report', async () => {
  await write('rack', '#!/bin/sh\necho hint >&2\nprintf \'{"data":{"row":5}}\'\n', 0o755);
  const { code, stdout, stderr } = await inFolder();
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^rack {2}\S+\/rack\n {2}program, once, every 60 s(, as \S+)?\n {2}report in \d\.\d{3} s: \{"row":5\}\n {2}standard error:\n {4}hint\n/,
  );
});

test('a folder may be empty, a path must be there', async () => {
  assert.deepEqual(await inFolder(), { code: 0, stdout: 'There is no plugin.\n', stderr: '' });
  for (const [args, problem] of [
    [[], /INPUT_INVALID: gantry monitor plugin check: field "PATH".*specify one file or folder/],
    [[dir, dir], /field "PATH".*specify one file or folder/],
    [[join(dir, 'none')], /field "PATH".*ENOENT/],
    [[dir, '--output', 'xml'], /field "--output".*it must be table or json/],
    [[dir, '--nonsense'], /field "options".*--nonsense/],
  ] as const) {
    const { code, stderr } = await check(...args);
    assert.deepEqual([code, problem.test(stderr)], [2, true], stderr);
  }
  for (const word of ['--help', '-h']) assert.match((await check(word)).stdout, /^Usage: gantry monitor plugin check PATH \[options\]\n/);
});
