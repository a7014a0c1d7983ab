import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type FakeCluster, startFakeCluster } from './testing/fake-cluster.ts';
import { scriptJob } from './testing/fake-job.ts';
import { openTerminal } from './testing/terminal.ts';

let cluster: FakeCluster;

before(async () => {
  cluster = await startFakeCluster();
});
after(() => cluster.close());
beforeEach(() => {
  cluster.seen.length = 0;
  cluster.on('POST /2/jobs', () => 12);
});

const step = (name: string, index: number) => ({ step: name, index, count: 3, fraction: 0.5, text: 'half' });

test('colours on a terminal, none with NO_COLOR', async () => {
  const coloured = openTerminal(['instance', 'list'], cluster.env);
  assert.equal(await coloured.exit, 0);
  assert.match(coloured.text(), /\u001b\[32mrunning\u001b\[39m/);
  const plain = openTerminal(['instance', 'list'], { ...cluster.env, NO_COLOR: '1' });
  assert.equal(await plain.exit, 0);
  assert.doesNotMatch(plain.text(), /\u001b\[/);
});

test('colours of a page about a job are colours, not their escaped text', async () => {
  const job = { id: 12, status: 'success', summary: ['X'], ops: [{ OP_ID: 'X' }], opstatus: ['success'], opresult: [null] };
  cluster.on('GET /2/jobs/12', () => job);
  scriptJob(cluster, 12, [{ status: 'success' }]);
  const terminal = openTerminal(['job', 'info', '12'], cluster.env);
  assert.equal(await terminal.exit, 0);
  assert.match(terminal.text(), /\u001b\[32msuccess\u001b\[39m/);
  assert.doesNotMatch(terminal.text(), /\\u001b/);
  assert.ok(
    terminal.lines().some((line) => /^ {4}Result: +-$/.test(line)),
    terminal.text(),
  );
});

test('the running step is drawn in place, ended ones and log lines scroll', async () => {
  scriptJob(cluster, 12, [
    { status: 'running', progress: step('create disk 0', 1) },
    { status: 'running', progress: step('install os', 2), log: ['installing'] },
    { status: 'success' },
  ]);
  const terminal = openTerminal(['instance', 'startup', 'web1'], cluster.env);
  assert.equal(await terminal.exit, 0);
  const lines = terminal.lines();
  assert.ok(
    lines.some((line) => /^✓ 1\/3 create disk 0/.test(line)),
    terminal.text(),
  );
  assert.ok(lines.some((line) => /^✓ 2\/3 install os/.test(line)));
  assert.ok(lines.includes('  installing'));
  assert.match(lines.at(-1) ?? '', /^✓ instance startup web1: success/);
  assert.match(terminal.text(), /━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 50%/);
  assert.ok(terminal.text().lastIndexOf('\u001b[?25h') > terminal.text().lastIndexOf('\u001b[?25l'), 'the cursor is shown again');
});

test('a step that failed and those that are undone do not look as if they had been done', async () => {
  const undo = (name: string, index: number) => ({ ...step(name, index), fraction: null, text: 'undoing' });
  const report = { code: 'OS_SCRIPT_FAILED', what: 'It failed.', why: '', todo: '', facts: {} };
  scriptJob(
    cluster,
    12,
    [
      { status: 'running', progress: step('create disk 0', 1) },
      { status: 'running', progress: step('install os', 2), log: [] },
      { status: 'running', progress: undo('install os', 2), log: ['Step "install os" failed: It failed.'] },
      { status: 'running', progress: undo('create disk 0', 1) },
      { status: 'error' },
    ],
    { end: { status: 'error', opstatus: ['error'], operror: [report] } },
  );
  const terminal = openTerminal(['instance', 'startup', 'web1'], cluster.env);
  assert.notEqual(await terminal.exit, 0);
  const signs = terminal.lines().flatMap((line) => /^([✓✗↶]) (.*?) {2}/.exec(line)?.slice(1).join(' ') ?? []);
  assert.deepEqual(signs, [
    '✓ 1/3 create disk 0',
    '✗ 2/3 install os',
    '↶ 2/3 undo: install os',
    '↶ 1/3 undo: create disk 0',
    '✗ instance startup web1: error',
  ]);
});

test('a step without an undo that fails, and an undo that fails, have the sign of failure', async () => {
  const undo = { ...step('create disk 0', 1), fraction: null, text: 'undoing' };
  const report = { code: 'JOB_UNDO_FAILED', what: 'It failed.', why: '', todo: '', facts: {} };
  for (const [progress, code, expected] of [
    [[step('create disk 0', 1), step('start', 3)], 'OTHER', ['✓ 1/3 create disk 0', '✗ 3/3 start']],
    [[step('start', 3), undo], 'JOB_UNDO_FAILED', ['✗ 3/3 start', '✗ 1/3 undo: create disk 0']],
  ] as const) {
    const moments = [...progress.map((one) => ({ status: 'running', progress: one })), { status: 'error' }];
    scriptJob(cluster, 12, moments, { end: { status: 'error', opstatus: ['error'], operror: [{ ...report, code }] } });
    const terminal = openTerminal(['instance', 'startup', 'web1'], cluster.env);
    assert.notEqual(await terminal.exit, 0);
    const signs = terminal.lines().flatMap((line) => /^([✓✗↶] \d.*?) {2}/.exec(line)?.[1] ?? []);
    assert.deepEqual(signs, expected);
  }
});

test('Ctrl-C leaves the job running and says how to follow it', async () => {
  scriptJob(cluster, 12, [{ status: 'running', progress: step('create disk 0', 1) }], {
    go: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  const terminal = openTerminal(['instance', 'startup', 'web1'], cluster.env);
  await terminal.until(/create disk 0/);
  terminal.type('\u0003');
  assert.equal(await terminal.exit, 130);
  assert.match(stripVTControlCharacters(terminal.text()), /Job 12 continues\. Follow it with: gantry job watch 12/);
  assert.ok(!cluster.seen.some(({ method }) => method === 'DELETE'), 'the job is not cancelled');
});

test('a question is answered on the terminal', async () => {
  scriptJob(cluster, 12, [{ status: 'success' }]);
  const refused = openTerminal(['instance', 'remove', 'web1'], cluster.env);
  await refused.until(/\[y\/N\]/);
  refused.type('n\r');
  assert.equal(await refused.exit, 2);
  assert.match(stripVTControlCharacters(refused.text()), /CLI_NOT_CONFIRMED: Not confirmed; nothing was changed\./);
  assert.equal(cluster.seen.length, 0);
  const agreed = openTerminal(['instance', 'remove', 'web1'], cluster.env);
  await agreed.until(/\[y\/N\]/);
  agreed.type('y\r');
  assert.equal(await agreed.exit, 0);
  assert.equal(cluster.seen[0]?.method, 'POST');
});

test('an error has its colours, and none of the control sequences that came with its facts', async () => {
  const terminal = openTerminal(['instance', 'frobnicate\u001b[2Jx'], cluster.env);
  assert.equal(await terminal.exit, 2);
  assert.match(
    terminal.text(),
    /\u001b\[31m\u001b\[1mError\u001b\[22m\u001b\[39m \u001b\[1mCLI_COMMAND_UNKNOWN\u001b\[22m: There is no command/,
  );
  assert.doesNotMatch(terminal.text(), /\u001b\[2J/);
  assert.match(terminal.text(), /frobnicate\\u001b\[2Jx/);
});

test('an error of the cluster and a failed job are shown without raw codes', async () => {
  const report = { code: 'INSTANCE_BUSY', what: 'web1 is \u001b[2J busy.', why: 'It moves.', todo: 'Wait.', facts: {} };
  const end = { status: 'error', opstatus: ['error'], opresult: [['OpPrereqError', ['x', 'wrong_state']]], operror: [report] };
  scriptJob(cluster, 12, [{ status: 'error' }], { end });
  const terminal = openTerminal(['instance', 'startup', 'web1'], cluster.env);
  assert.equal(await terminal.exit, 5);
  const own = stripVTControlCharacters(terminal.text());
  assert.match(own, /Error INSTANCE_BUSY: web1 is \\u001b\[2J busy\.\r\n {2}why: {2}It moves\./);
  assert.equal(own.match(/\\u001b/g)?.length, 1);
});
