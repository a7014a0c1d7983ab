import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandIndex } from '../command/command-index.ts';
import { globalOptions } from '../command/global-options.ts';
import { completionTable } from './completion-table.ts';

const { words, options, values, args, programs } = await completionTable();
const under = (map: ReadonlyMap<string, string>, path: string) =>
  Object.fromEntries([...map].flatMap(([key, value]) => (key.startsWith(`${path} `) ? [[key.slice(path.length + 1), value]] : [])));
const everywhere = '--output --cluster --url --ca-file --credentials-file -h --help';

test('the first words are the topics and the commands of one word, each once, then those of the topic', () => {
  const first = (words.get('.') ?? '').split(' ');
  assert.deepEqual(first, [...new Set(first)].sort());
  for (const word of ['bench', 'instance', 'up', 'harep', 'tag']) assert.ok(first.includes(word), word);
  assert.equal(words.get('tag'), 'add list remove');
  const ofJobs = commandIndex.filter(({ path }) => path[0] === 'job').map(({ path }) => path[1] ?? '');
  assert.ok(ofJobs.includes('archive') && ofJobs.includes('watch'));
  assert.equal(words.get('job'), ofJobs.sort().join(' '));
  for (const path of options.keys()) {
    const [topic = '', ...rest] = path.split(' ');
    assert.ok(first.includes(topic), path);
    if (rest.length > 0)
      assert.ok(
        words
          .get(topic)
          ?.split(' ')
          .includes(rest[0] as string),
        path,
      );
  }
  const hidden = commandIndex.filter((entry) => 'hidden' in entry && entry.hidden);
  for (const { path } of hidden) assert.ok(!options.has(path.join(' ')), path.join(' '));
});

test('commands have their own options and those of all commands, programs only their own', () => {
  assert.equal(options.get('instance console'), `--linger --vnc --listen ${everywhere}`);
  assert.equal(
    options.get('job list'),
    `--limit --all --pending --running --error --finished -F --filter --sort -o --fields --no-headers --separator --units ${everywhere}`,
  );
  assert.equal(options.get('up'), '--name --nodes --port --instance --output --yes --no-packages --no-supervisor --help');
  assert.equal(options.get('test'), '--help');
  assert.match(options.get('hroller') ?? '', /^-L --luxi -m --master -t --text-data .* -V --version --help$/);
  assert.ok([...options.values()].every((all) => all.split(' ').includes('--help')));
});

test('the values of options: words, names of the cluster, files, or nothing that is known; switches have none', () => {
  assert.deepEqual(under(values, '*'), {
    '--output': 'table json',
    '--cluster': '@cluster',
    '--url': '',
    '--ca-file': '@file',
    '--credentials-file': '@file',
  });
  assert.ok(globalOptions.some(({ value }) => value === undefined));
  assert.deepEqual(under(values, 'instance console'), { '--linger': '', '--listen': '' });
  assert.deepEqual(under(values, 'instance list'), {
    '-F': '',
    '--filter': '',
    '--sort': '',
    '-o': '',
    '--fields': '',
    '--separator': '',
    '--units': 'h m g t',
  });
  assert.deepEqual(under(values, 'hscan'), {
    '-d': '@file',
    '--output-dir': '@file',
    '--static-kvm-node-memory': '',
    '--rapi-ca': '@file',
    '--rapi-credentials': '@file',
  });
  const hbal = under(values, 'hbal');
  assert.deepEqual(
    ['--priority', '-O', '-G', '--select-instances', '-l', '-t', '-C', '-L', '--mond', '-X'].map((name) => hbal[name]),
    ['low normal high', '@node', '@group', '@instance', '', '@file', undefined, undefined, undefined, undefined],
  );
  assert.deepEqual(under(values, 'up'), {});
});

test('the arguments: at their place, or at all that follow', () => {
  assert.deepEqual(under(args, 'instance console'), { 0: '@instance' });
  assert.deepEqual(under(args, 'tag add'), { 0: 'cluster group node instance network' });
  assert.deepEqual(under(args, 'job info'), { '+': '@job' });
  assert.deepEqual(under(args, 'job watch'), { 0: '@job' });
  assert.deepEqual(under(args, 'hscan'), { '+': '' });
  assert.deepEqual(under(args, 'up'), {});
});

test('programs that are there under their own names', () => {
  assert.deepEqual([...programs].sort(), 'hail harep hbal hcheck hinfo hroller hscan hspace hsqueeze mon-collector'.split(' '));
});
