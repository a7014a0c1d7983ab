import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completedDaemonOptions, daemonOptions, type HostCommand, parseAddress } from './daemon-options.ts';

const command = {
  name: 'thing run',
  summary: 'Runs the thing',
  details: 'More of it.',
  options: {
    name: { value: 'NAME', help: 'its name', required: true },
    dir: { value: 'FOLDER', help: 'where it lies', default: '/srv' },
    file: { value: 'FILE', help: 'what it reads' },
    listen: { value: 'ADDRESS:PORT', help: 'where it listens', many: true },
    port: { help: 'its port', default: '1' },
    open: { help: 'for all', flag: true },
  },
  examples: ['gantry thing run --name x'],
} as const satisfies HostCommand;

const problem = (...words: string[]): string => {
  try {
    daemonOptions(command, words);
    return 'nothing';
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
};

test('what is not given has its default, a list is empty, a switch is off', () => {
  assert.deepEqual(
    { ...daemonOptions(command, ['--name', 'x']) },
    { name: 'x', dir: '/srv', file: undefined, listen: [], port: '1', open: false },
  );
  const all = ['--name=x', '--dir', '/a', '--file', 'f', '--listen', 'a:1', '--listen=b:2', '--port', '2', '--open'];
  assert.deepEqual({ ...daemonOptions(command, all) }, { name: 'x', dir: '/a', file: 'f', listen: ['a:1', 'b:2'], port: '2', open: true });
  assert.equal(daemonOptions(command, ['--name', '-x'])?.name, '-x');
});

test('what does not fit is named', () => {
  assert.equal(problem(), 'CLI_USAGE: --name is missing.');
  assert.equal(problem('--name', 'x', 'word'), 'CLI_USAGE: "gantry thing run" has no place for "word".');
  assert.match(problem('--name', 'x', '--prot', '1'), /^CLI_OPTION_UNKNOWN: .*--prot.*Did you mean "--port"\?/);
  assert.equal(problem('--name', 'x', '--open=yes'), 'CLI_USAGE: --open is a switch and takes no value.');
  assert.equal(problem('--name'), 'CLI_USAGE: --name needs a value: --name NAME.');
  assert.equal(problem('--name='), 'CLI_USAGE: --name needs a value: --name NAME.');
  assert.equal(problem('--name', 'x', '--port', '--open'), 'CLI_USAGE: --port needs a value: --port VALUE.');
  assert.equal(problem('--name', 'x', '--listen', ''), 'CLI_USAGE: --listen needs a value: --listen ADDRESS:PORT.');
  assert.equal(problem('--help=x'), 'CLI_USAGE: --help is a switch and takes no value.');
});

test('help has each option with its default, whatever else is missing', (t) => {
  let text = '';
  t.mock.method(process.stdout, 'write', (piece: string) => {
    text += piece;
    return true;
  });
  const values = [daemonOptions(command, ['--help']), daemonOptions(command, ['-h', '--port', '2'])];
  t.mock.reset();
  assert.deepEqual(values, [undefined, undefined]);
  const page = [
    'Usage: gantry thing run [options]',
    '',
    'Runs the thing.',
    'More of it.',
    '',
    'Options:',
    '  --name NAME            its name (required)',
    '  --dir FOLDER           where it lies (default /srv)',
    '  --file FILE            what it reads',
    '  --listen ADDRESS:PORT  where it listens',
    '  --port VALUE           its port (default 1)',
    '  --open                 for all',
    '',
    'Examples:',
    '  gantry thing run --name x',
    '',
  ].join('\n');
  assert.equal(text, page + page);
});

test('the shell completes files, folders, and nothing for a switch', () => {
  assert.deepEqual(completedDaemonOptions(command), {
    options: [
      { spellings: ['--name'], argument: 'string' },
      { spellings: ['--dir'], argument: 'dir' },
      { spellings: ['--file'], argument: 'file' },
      { spellings: ['--listen'], argument: 'string' },
      { spellings: ['--port'], argument: 'string' },
      { spellings: ['--open'] },
    ],
  });
});

test('an address has a host and a port', () => {
  const parse = (text: string) => parseAddress('agent', '--listen', text);
  assert.deepEqual(parse('10.0.0.1:1811'), { host: '10.0.0.1', port: 1811 });
  assert.deepEqual(parse('[::1]:65535'), { host: '::1', port: 65_535 });
  assert.deepEqual(parse('n1:0'), { host: 'n1', port: 0 });
  for (const text of ['10.0.0.1', ':80', 'a:', 'a:b', 'a:65536', 'a:123456', ''])
    assert.throws(
      () => parse(text),
      { code: 'INPUT_INVALID', message: /gantry agent: field "--listen".*is not of the form address:port/ },
      text,
    );
});
