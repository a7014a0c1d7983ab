import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ProgramName } from '../command/programs.ts';
import { allocation, requestOf, runQuietly, type SmallCluster, textOf } from './testing/small-cluster.ts';

/** Whatever is wrong with the input: one error with its code and its place, Ganeti's exit code, and nothing is written. */
const good: SmallCluster = {
  nodes: [{ name: 'n1', master: true }, { name: 'n2' }, { name: 'n3' }],
  instances: ['n1', 'n2', 'n1'].map((primary, k) => ({ name: `web${k}`, template: 'ext', primary })),
};

let folder = '';
let output = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-bad-'));
  output = await mkdtemp(join(tmpdir(), 'gantry-bad-output-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(output, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const saving: Readonly<Partial<Record<ProgramName, readonly string[]>>> = {
  hbal: ['-S', 'saved', '--svg', 'picture', '-Ccommands'],
  hsqueeze: ['-S', 'saved', '-Ccommands'],
  hspace: ['-S', 'saved'],
  hroller: ['-S', 'saved'],
  hail: ['-S', 'saved'],
  hcheck: [],
  hinfo: [],
};

async function refuses(program: ProgramName, words: readonly string[], code: string, message: RegExp): Promise<void> {
  const files = (saving[program] ?? []).map((word) => word.replace(/(saved|picture|commands)$/, join(output, '$1')));
  const { code: exit, err } = await runQuietly(program, ...words, ...files);
  assert.equal(exit, 1, err);
  assert.match(err, message);
  assert.match(err, new RegExp(`^ {2}code: {2}${code}$`, 'm'));
  assert.equal([...err.matchAll(/^ {2}code: /gm)].length, 1);
  assert.deepEqual(await readdir(output), []);
}

const badData: readonly (readonly [string, string, RegExp, (text: string) => string])[] = [
  ['a malformed line', 'HTOOLS_TEXT_INVALID', /line 4 \(nodes\): 2 columns instead of/, (text) => text.replace(/^n2\|.*$/m, 'n2|abc')],
  ['a missing section', 'HTOOLS_TEXT_SECTIONS', /2 sections instead of 4 or more/, (text) => text.split('\n').slice(0, 5).join('\n')],
  [
    'an unknown node',
    'HTOOLS_REFERENCE_UNKNOWN',
    /line 8 \(instances\): Unknown node 'n9' for instance web1/,
    (text) => text.replace(/^(web1.*\|)n2\|/m, '$1n9|'),
  ],
  ['a negative number', 'HTOOLS_TEXT_INVALID', /line 3 \(nodes\): total memory is negative/, (text) => text.replace('n1|', 'n1|-')],
];

describe('a cluster in the text format', () => {
  for (const program of ['hbal', 'hcheck', 'hinfo', 'hroller', 'hspace', 'hsqueeze'] as const) {
    for (const [name, code, message, change] of badData) {
      test(`${program}: ${name}`, async () => {
        await refuses(program, ['-t', await write('cluster.data', change(textOf(good)))], code, message);
      });
    }
    test(`${program}: an interface and a socket that nobody answers on`, async () => {
      await refuses(program, ['-m', 'https://127.0.0.1:1'], 'HTOOLS_RAPI_UNREACHABLE', /127\.0\.0\.1:1.*ECONNREFUSED/);
      await refuses(program, [`-L${folder}/none`], 'HTOOLS_LUXI_UNREACHABLE', /none: .*ENOENT/);
    });
  }
});

const spread = '{ spread: { level: node, atMost: 1 } }';
const service = (rule: string) => `services:\n  - { name: w, members: ["web*"], rules: [${spread}, ${rule}] }\n`;
const badRules: readonly (readonly [string, string, RegExp, string])[] = [
  [
    'domains in a circle',
    'LOCATION_CYCLE',
    /rules\.yaml:3: domains contain each other: x in y in x/,
    'levels: [a, b]\ndomains:\n  - { name: x, level: a, in: y }\n  - { name: y, level: b, in: x }\n',
  ],
  ['a negative number', 'LOCATION_INVALID', /rules\.yaml:2: latency must be >= 0/, service('{ near: { latency: -1 } }')],
  ['an unknown node', 'LOCATION_UNKNOWN', /rules\.yaml:2: there is no .*"n9"/, service('{ pinned: [n9] }')],
  ['neither YAML nor JSON', 'LOCATION_SYNTAX', /rules\.yaml:2: this is neither/, 'levels: [a\n'],
  ['something else', 'LOCATION_INVALID', /rules\.yaml:1: the file must be an object/, 'text\n'],
  [
    'rules that contradict each other, and no more of them than needed',
    'LOCATION_CONFLICT',
    /contradict each other: "w: at most 1 per node" \(\S+:2\), "w: only in n1, n2" \(\S+:2\)\. w has 3 members, and 2 nodes are open to them\./,
    service('{ pinned: [n1, n2] }, { together: { level: group } }'),
  ],
];

describe('a location file', () => {
  for (const program of ['hbal', 'hcheck', 'hroller', 'hspace', 'hsqueeze'] as const) {
    for (const [name, code, message, text] of badRules) {
      test(`${program}: ${name}`, async () => {
        await refuses(
          program,
          ['-t', await write('cluster.data', textOf(good)), '--location', await write('rules.yaml', text)],
          code,
          message,
        );
      });
    }
  }
  for (const [name, code, message, text] of badRules.slice(0, -1)) {
    test(`hail: ${name}`, async () => {
      const request = await write('request.json', JSON.stringify(requestOf(good, allocation('new', 'ext'))));
      await refuses('hail', [request, '--location', await write('rules.yaml', text)], code, message);
    });
  }
});

describe('options that nothing follows', () => {
  const cases: readonly (readonly [ProgramName, readonly string[], string, RegExp])[] = [
    ['hbal', ['--steps', '10', '--max-moves', '2'], 'HTOOLS_OPTIMISE_MISSING', /--steps, --max-moves require --optimize\./],
    ['hsqueeze', ['--cpu-limits', '0.9,0.2'], 'SQUEEZE_LOAD_UNKNOWN', /no load data to compare with --cpu-limits/],
  ];
  for (const [program, words, code, message] of cases) {
    test(`${program} ${words.join(' ')}`, async () => {
      await refuses(program, ['-t', await write('options.data', textOf(good)), ...words], code, message);
    });
  }

  for (const tag of ['htools:watts:100', 'htools:watts:200:100', 'htools:watts:-1:5', 'htools:watts:1:2,htools:watts:1:2']) {
    test(`hsqueeze and a node with ${tag}`, async () => {
      const text = textOf({ ...good, nodes: good.nodes.map((node) => (node.name === 'n2' ? { ...node, tags: tag.split(',') } : node)) });
      await refuses('hsqueeze', ['-t', await write('watts.data', text)], 'PLACEMENT_WATTS_INVALID', /Node n2: the tag "htools:watts:/);
    });
  }
});
