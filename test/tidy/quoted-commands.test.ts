import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCatalogue } from '../../src/base/index.ts';
import { completionTable } from '../../src/cli/completion/completion-table.ts';
import { commandProblem } from './command-problem.ts';
import { allQuotes, inPage, inText, pages } from './quotes.ts';
import { isTest, projectRoot, sourceFiles } from './source-files.ts';

function problemOf(line: string): Promise<string | undefined> {
  const [program = '', ...words] = line.split(' ');
  return commandProblem(program, words.join(' '));
}

test('every command that a page, an error, a help text, a log line or a comment names exists, with the options that it is given', async () => {
  const quotes = allQuotes();
  const wrong: string[] = [];
  for (const { place, program, text } of quotes) {
    const problem = await commandProblem(program, text);
    if (problem !== undefined) wrong.push(`${place}: ${program} ${text}\n    ${problem}`);
  }
  assert.ok(quotes.length > 400, `only ${quotes.length} commands were found`);
  assert.deepEqual(wrong, [], wrong.join('\n'));
});

test('commands are found in code spans, blocks of code, scripts, units, sentences and comments, and nowhere else', () => {
  const found = (texts: Iterable<readonly [number, string, string]>) => [...texts].map(([, program, text]) => `${program} ${text}`);
  const page = `gantry is a program. Use \`hbal -X\`, \`job list\`, \`node called\` or "bin/gantry node list"; \`node x.ts\` is none.
\`\`\`
# ip netns exec n1 ./gantry hbal -m x \\
    -L
$ echo 'ls' | gantry instance console web1
source <(gantry completion bash)
gantry job list; gantry job info 1
\`\`\``;
  assert.deepEqual(found(inPage(page)), [
    'hbal -X',
    'gantry node list',
    'gantry job list',
    'gantry hbal -m x      -L',
    'gantry instance console web1',
    'gantry completion bash)',
    'gantry job list; gantry job info 1',
  ]);
  assert.deepEqual(found(inText('ExecStart=/opt/gantry/gantry master --port 1\nGANTRY_URL=x gantry node list')), [
    'gantry master --port 1',
    'gantry node list',
  ]);
  const places = allQuotes().map(({ place, program, text }) => `${place.replace(/:\d+$/, '')} ${program} ${text}`);
  for (const one of [
    'src/cli/progress/follow-job.ts gantry job cancel {value}',
    'src/base/errors/htools-job-errors.ts gantry job list',
    'src/cluster/lead.ts gantry cluster verify',
    'packaging/systemd/gantry-monitor.service gantry monitor --options-file',
  ]) {
    assert.ok(
      places.some((each) => each.startsWith(one)),
      one,
    );
  }
});

test('a command that does not exist would be noticed', async () => {
  for (const line of [
    'gantry instance frobnicate web1',
    'gantry instance add web1 --sise 1G',
    'gantry job info 1 --frob',
    'gantry job cancel 1 --yess',
    'gantry up --nods 3',
    'gantry up web1',
    'gantry tag add planet x',
    'gantry test --fats',
    'gantry bench roadev',
    'gantry bench store --nodes 3',
    'gantry hbal --locations x.yaml',
    'gantry master --stat-dir x',
    'hbal -t cluster.data -Z',
    'hbal cluster.data',
    'hspace -l many',
    'mon-collector cpu-avg-lod',
    'mon-collector lv --fil x',
  ]) {
    assert.ok(await problemOf(line), line);
  }
  for (const line of [
    'gantry instance add web1 --os tiny',
    'gantry job watch {job}',
    'gantry --cluster x node list',
    'gantry instance',
    'gantry help instance add',
    'gantry test --only jobs',
    'hbal -L -G … -S',
    'hspace -l N',
    'hbal --location',
    'mon-collector lv --file x',
  ]) {
    assert.equal(await problemOf(line), undefined, line);
  }
});

test('options that an error text advises exist', async () => {
  const { options } = await completionTable();
  const known = new Set([...options.values()].flatMap((words) => words.split(' ')));
  const texts = Object.entries(errorCatalogue)
    // That one is about a benchmark, which is no part of the command line.
    .filter(([code]) => code !== 'SEARCH_OPTION_INVALID')
    .map(
      ([code, { what, why, todo }]) =>
        [code, `${what} ${why} ${todo}`.replace(/"(adduser|useradd|groupadd|addgroup) [^"]*"/g, '')] as const,
    );
  const wrong = texts.flatMap(([code, text]) =>
    [...text.matchAll(/(?<![\w{-])--[a-z][\w-]*/g)].flatMap(([option]) => (known.has(option) ? [] : [`${code}: ${option}`])),
  );
  assert.deepEqual(wrong, []);
});

test('systemd units that texts name are there', () => {
  const units = readdirSync(join(projectRoot, 'packaging/systemd')).map((name) => name.replace(/\.service$/, ''));
  const texts = [
    ...pages().map((path) => ({ at: path, text: readFileSync(join(projectRoot, path), 'utf8') })),
    ...sourceFiles()
      .filter(({ path }) => path.startsWith('src/') && !isTest(path))
      .map(({ path, text }) => ({ at: path, text })),
  ];
  const named = texts.flatMap(({ at, text }) =>
    [...text.matchAll(/(?:systemctl [a-z-]+|journalctl (?:-\S+ )*-u) ([\w@.-]+)/g)].map(([, unit = '']) => ({
      at,
      unit: unit.replace(/\.service$/, ''),
    })),
  );
  const missing = named.filter(({ unit }) => unit.startsWith('gantry') && !units.includes(unit)).map(({ at, unit }) => `${at}: ${unit}`);
  assert.deepEqual(missing, []);
});
