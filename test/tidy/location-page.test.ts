import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseLocation } from '../../src/htools/index.ts';
import { projectRoot } from './source-files.ts';

const page = readFileSync(join(projectRoot, 'docs/location.md'), 'utf8');
const example = (name: string) => join(projectRoot, 'docs/examples/location', name);
const section = (title: string): string => page.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
const blocks = (text: string) =>
  [...text.matchAll(/^```(yaml|console)\n(.*?)^```$/gms)].map(([, kind, body]) => ({ kind, body: body as string }));

/** The commands of a block, each with what it prints. */
function commandsOf(body: string): { command: string; printed: string }[] {
  return body.split(/^\$ /m).flatMap((part) => {
    const end = part.indexOf('\n');
    return part === '' ? [] : [{ command: part.slice(0, end), printed: part.slice(end + 1) }];
  });
}

/** A line that is only `…` stands for any lines, one at the end of a line for its rest. */
function patternOf(printed: string): RegExp {
  const lines = printed.split(/(?<=\n)/).map((line) => {
    if (line === '…\n') return '(?:.*\n)*?';
    return line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/…\n$/, '.*\n');
  });
  return new RegExp(`^${lines.join('')}$`);
}

function run(command: string, cwd: string): string {
  const path = `${join(projectRoot, 'bin')}:${process.env['PATH'] ?? ''}`;
  const { output } = spawnSync('bash', ['-c', `exec 2>&1; ${command}`], { cwd, encoding: 'utf8', env: { ...process.env, PATH: path } });
  return output.join('');
}

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'location-page-'));
  copyFileSync(example('cluster.data'), join(folder, 'cluster.data'));
});
after(() => rmSync(folder, { recursive: true }));

test('docs/location.md, step by step', async (t) => {
  for (const { kind, body } of blocks(section('Step by step'))) {
    if (kind === 'yaml') {
      await t.test(`adds ${body.slice(0, body.indexOf('\n'))}`, () => appendFileSync(join(folder, 'location.yaml'), body));
      continue;
    }
    for (const { command, printed } of commandsOf(body)) {
      await t.test(command, () => assert.match(run(command, folder), patternOf(printed)));
    }
  }

  await t.test('the file is the example then, and the picture that of the page', () => {
    const read = (path: string) => {
      const { topology, services } = parseLocation(readFileSync(path, 'utf8'), 'location.yaml');
      return JSON.parse(JSON.stringify({ topology, services }, (key, value) => (key === 'at' ? undefined : value)));
    };
    assert.deepEqual(read(join(folder, 'location.yaml')), read(example('location.yaml')));
    assert.equal(readFileSync(join(folder, 'before-and-after.svg'), 'utf8'), readFileSync(example('before-and-after.svg'), 'utf8'));
  });
});

test('the program of docs/location.md prints what the page says', () => {
  const [{ command, printed } = { command: '', printed: '' }] = blocks(section('From a program')).flatMap(({ body }) => commandsOf(body));
  assert.equal(run(command, projectRoot), printed);
});
