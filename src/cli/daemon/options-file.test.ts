import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { daemonOptions, type HostCommand, optionsFileOption } from './daemon-options.ts';
import { optionsFileText } from './options-file.ts';

const command = {
  name: 'thing',
  summary: 'Runs the thing',
  options: {
    'options-file': optionsFileOption,
    name: { value: 'NAME', help: 'its name', required: true },
    listen: { value: 'ADDRESS:PORT', help: 'where it listens', many: true },
    port: { help: 'its port', default: '1' },
    open: { help: 'for all', flag: true },
  },
} as const satisfies HostCommand;

let dir: string;
let file: string;
const read = (text: string, ...words: string[]) => {
  writeFileSync(file, text);
  return { ...daemonOptions(command, ['--options-file', file, ...words]), 'options-file': undefined };
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gantry-options-'));
  file = join(dir, 'thing.conf');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a file has the options of a daemon; what the command line says goes first', () => {
  const text = '# a comment\n\n name = node1 \nlisten=a:1\nlisten = b:2\nopen = yes\n';
  const all = { 'options-file': undefined, name: 'node1', listen: ['a:1', 'b:2'], port: '1', open: true };
  assert.deepEqual(read(text), all);
  assert.deepEqual(read(text, '--name', 'x', '--listen', 'c:3', '--port', '7'), { ...all, name: 'x', listen: ['c:3'], port: '7' });
  assert.deepEqual(read('name = a = b\nopen = no\n'), { ...all, name: 'a = b', listen: [], open: false });
});

test('what is written is read again', () => {
  const text = optionsFileText('thing', { name: 'node1', listen: ['a:1', 'b:2'], port: undefined });
  assert.deepEqual(read(text), { 'options-file': undefined, name: 'node1', listen: ['a:1', 'b:2'], port: '1', open: false });
});

test('a mistake is reported with its line', () => {
  for (const [text, problem] of [
    ['name = x\nprot = 1\n', /thing\.conf, line 2: there is no option "prot"/],
    ['name = x\n\nport\n', /line 3: it is not of the form: name = value/],
    ['name =\n', /line 1: it is not of the form/],
    ['name = x\nname = y\n', /line 2: "name" occurs twice/],
    ['name = x\nopen = maybe\n', /line 2: "open" is a switch: yes or no/],
    ['options-file = /etc/other\n', /line 1: there is no option "options-file"/],
    ['constructor = x\n', /line 1: there is no option "constructor"/],
  ] as const) {
    assert.throws(() => read(text), { code: 'DAEMON_OPTIONS_UNREADABLE', message: problem }, text);
  }
  assert.throws(() => daemonOptions(command, ['--options-file', join(dir, 'none')]), {
    code: 'DAEMON_OPTIONS_UNREADABLE',
    message: /ENOENT/,
  });
  assert.throws(() => read('port = 1\n'), { code: 'CLI_USAGE', message: '--name is missing.' });
});
