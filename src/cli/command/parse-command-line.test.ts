import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, defineOption } from './command.ts';
import { parseCommandLine, splitLeadingOptions } from './parse-command-line.ts';

const command: Pick<Command, 'path' | 'args' | 'options'> = {
  path: ['thing', 'do'],
  args: [
    { name: 'kind', help: 'kind', choices: ['red', 'green'] },
    { name: 'names', help: 'names', optional: true, variadic: true },
  ],
  options: [
    defineOption('-n, --node <node>', 'a node'),
    defineOption('--disk <size>', 'a disk', { repeat: true }),
    defineOption('-f, --force', 'force'),
    defineOption('--no-start', 'no start'),
  ],
};

const parse = (...words: string[]) => {
  const { args, options } = parseCommandLine(command, words);
  return { args, options: Object.fromEntries(options) };
};
const codeOf = (...words: string[]) => {
  try {
    parse(...words);
    return 'nothing';
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
};

test('options and arguments may be mixed, in every usual spelling', () => {
  assert.deepEqual(parse('red', '-n', 'node1', 'a'), { args: ['red', 'a'], options: { node: ['node1'] } });
  assert.deepEqual(parse('--node=node1', 'red'), { args: ['red'], options: { node: ['node1'] } });
  assert.deepEqual(parse('-nnode1', 'red', '-f'), { args: ['red'], options: { node: ['node1'], force: true } });
  assert.deepEqual(parse('-fn', 'node1', 'red'), { args: ['red'], options: { node: ['node1'], force: true } });
  assert.deepEqual(parse('red', '--disk', '1G', '--disk=2G'), { args: ['red'], options: { disk: ['1G', '2G'] } });
});

test('a switch that begins with no- says false under its positive name', () => {
  assert.deepEqual(parse('red', '--no-start').options, { start: false });
});

test('after -- everything is an argument, and so is a negative number', () => {
  assert.deepEqual(parse('red', '--', '--force', '-n').args, ['red', '--force', '-n']);
  assert.deepEqual(parse('red', '-5').args, ['red', '-5']);
});

test('what does not fit is named, with what was probably meant', () => {
  assert.match(codeOf('red', '--noed', 'x'), /^CLI_OPTION_UNKNOWN: .*--noed.*Did you mean "--node"/);
  assert.match(codeOf('red', '-x'), /^CLI_OPTION_UNKNOWN: .*-x/);
  assert.match(codeOf('red', '--node'), /^CLI_USAGE: --node needs a value: --node <node>/);
  assert.match(codeOf('red', '--force=yes'), /^CLI_USAGE: --force is a switch/);
  assert.match(codeOf(), /^CLI_USAGE: "gantry thing do" needs kind/);
  assert.match(codeOf('gren'), /^CLI_USAGE: <kind> is one of red, green, not "gren".*Did you mean "green"/);
  assert.match(codeOf('red', '--output', 'xml'), /^CLI_USAGE: --output is one of table, json/);
});

test('an argument too many is refused', () => {
  const single = { path: ['one'], args: [{ name: 'a', help: 'a' }] };
  assert.throws(() => parseCommandLine(single, ['x', 'y']), /has no place for "y"/);
});

test('asking for help does not ask for arguments', () => {
  assert.deepEqual(parse('--help'), { args: [], options: { help: true } });
});

test('global options may stand before the command', () => {
  assert.deepEqual(splitLeadingOptions(['--cluster', 'a', '--output=json', 'node', 'list', '-o', 'x']), {
    leading: ['--cluster', 'a', '--output=json'],
    rest: ['node', 'list', '-o', 'x'],
  });
  assert.deepEqual(splitLeadingOptions(['--nonsense', 'node']), { leading: [], rest: ['--nonsense', 'node'] });
});
