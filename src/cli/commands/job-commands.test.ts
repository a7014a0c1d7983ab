import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type FakeCluster, Refusal, startFakeCluster } from '../testing/fake-cluster.ts';
import { jobWait, scriptJob } from '../testing/fake-job.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let cluster: FakeCluster;
const gantry = (...args: string[]) => runInProcess(args, { ...cluster.env, TZ: 'UTC' });
const asked = () => cluster.seen.map(({ method, path, body }) => [`${method} ${path}`, body] as const);

before(async () => {
  cluster = await startFakeCluster();
});
after(() => cluster.close());
beforeEach(() => {
  cluster.seen.length = 0;
});

const submits = (job: number, moments: Parameters<typeof scriptJob>[2], end: Readonly<Record<string, unknown>> = {}) => {
  cluster.on('POST /2/jobs', () => job);
  scriptJob(cluster, job, moments, { end });
};

test('jobs are cancelled one after the other until one refuses', async () => {
  cluster.on('DELETE /2/jobs/13', () => [true, 'Job 13 canceled']);
  cluster.on('DELETE /2/jobs/14', () => [true, 'Job 14 canceled']);
  cluster.on('DELETE /2/jobs/15', () => [false, 'Job 15 is running']);
  assert.deepEqual(await gantry('job', 'cancel', '13', '14'), { code: 0, stdout: 'Job 13 canceled\nJob 14 canceled\n', stderr: '' });
  const json = await gantry('job', 'cancel', '13', '14', '--output', 'json');
  assert.deepEqual(JSON.parse(json.stdout), [
    { job_id: 13, cancelled: true },
    { job_id: 14, cancelled: true },
  ]);
  cluster.seen.length = 0;
  const refused = await gantry('job', 'cancel', '13', '15', '14');
  assert.deepEqual([refused.code, refused.stdout], [5, 'Job 13 canceled\n']);
  assert.deepEqual(
    asked().map(([request]) => request),
    ['DELETE /2/jobs/13', 'DELETE /2/jobs/15'],
  );
});

test('jobs are archived by number or by age, not both', async () => {
  for (const id of [12, 13]) cluster.on(`POST /2/jobs/${id}/archive`, () => null);
  cluster.on('POST /2/jobs/archive', () => 4);
  assert.equal((await gantry('job', 'archive', '12')).stdout, '1 job archived.\n');
  assert.equal((await gantry('job', 'archive', '12', '13')).stdout, '2 jobs archived.\n');
  assert.deepEqual(JSON.parse((await gantry('job', 'archive', '12', '13', '--output', 'json')).stdout), { archived: 2, jobs: [12, 13] });
  assert.deepEqual(JSON.parse((await gantry('job', 'archive', '--older-than', '0', '--output', 'json')).stdout), { archived: 4 });
  cluster.seen.length = 0;
  for (const [age, seconds] of [
    ['30s', 30],
    ['15m', 900],
    ['6h', 21_600],
    ['1w', 604_800],
    ['7', 7],
  ] as const) {
    assert.equal((await gantry('job', 'archive', '--older-than', age)).code, 0);
    assert.equal(asked().at(-1)?.[0], `POST /2/jobs/archive?age=${seconds}`);
  }
  cluster.seen.length = 0;
  for (const args of [[], ['12', '--older-than', '2d'], ['--older-than', '2y'], ['--older-than', 'h'], ['x'], ['0']]) {
    assert.equal((await gantry('job', 'archive', ...args)).code, 2, args.join(' '));
  }
  assert.deepEqual(asked(), [], 'nothing was sent');
});

test('a priority is a word or a number in its range', async () => {
  cluster.on('PUT /2/jobs/13/priority', () => null);
  for (const [text, value] of [
    ['low', 10],
    ['normal', 0],
    ['high', -10],
    ['19', 19],
    ['-20', -20],
    ['0', 0],
  ] as const) {
    assert.equal((await gantry('job', 'priority', '13', text)).stdout, `Job 13 has priority ${value}.\n`);
    assert.deepEqual(asked().at(-1), ['PUT /2/jobs/13/priority', { priority: value }]);
  }
  assert.deepEqual(JSON.parse((await gantry('job', 'priority', '13', '5', '--output', 'json')).stdout), { job_id: 13, priority: 5 });
  cluster.seen.length = 0;
  for (const text of ['20', '-21', '1.5', 'urgent', '', '100']) assert.equal((await gantry('job', 'priority', '13', text)).code, 2, text);
  for (const id of ['0', '-1', '1e3', 'x', '99999999999999999999']) assert.equal((await gantry('job', 'priority', id, '1')).code, 2, id);
  assert.deepEqual(asked(), []);
});

test('waiting tells how each job ended; the code is that of the first that did not succeed', async () => {
  scriptJob(cluster, 21, [{ status: 'running' }, { status: 'success' }], { end: { opresult: ['done'] } });
  scriptJob(cluster, 22, [{ status: 'canceled' }], { end: { status: 'canceled', opstatus: ['canceled'] } });
  const end = { status: 'error', opstatus: ['error'], opresult: [['OpPrereqError', ['no such node', 'unknown_entity']]] };
  scriptJob(cluster, 23, [{ status: 'error' }], { end });
  assert.deepEqual(await gantry('job', 'wait', '21'), { code: 0, stdout: 'Job 21: success\n', stderr: '' });
  const canceled = await gantry('job', 'wait', '21', '22', '23');
  assert.deepEqual([canceled.code, canceled.stdout], [1, 'Job 21: success\nJob 22: canceled\nJob 23: error\n']);
  const failed = await gantry('job', 'wait', '23', '22', '--output', 'json');
  assert.equal(failed.code, 3);
  assert.deepEqual(JSON.parse(failed.stdout), [
    { job_id: 23, status: 'error', result: end.opresult },
    { job_id: 22, status: 'canceled', result: [null] },
  ]);
  assert.equal((await gantry('job', 'watch', '22')).code, 1);
  const watched = await gantry('job', 'watch', '21');
  assert.deepEqual([watched.code, watched.stdout], [0, 'done\n']);
  assert.match(watched.stderr, /^job 21: INSTANCE_STARTUP\(web1\)\njob 21: success after 4\.5 s\n$/);
});

test('the page of a job shows when it ran, its trace, its parameters, its result, its steps and its log', async () => {
  const log = [
    [1, [1_795_000_000, 0], 'message', 'first'],
    [2, [1_795_000_060, 0], 'message', { a: 1 }],
  ];
  const ops = [
    {
      OP_ID: 'OP_INSTANCE_STARTUP',
      instance_name: 'web1',
      beparams: { vcpus: 2 },
      priority: 0,
      dry_run: false,
      reason: [],
      depends: null,
      comment: 'x',
      debug_level: 0,
    },
    { OP_ID: 'OP_INSTANCE_SHUTDOWN' },
  ];
  cluster.on('GET /2/jobs/31', () => ({
    id: 31,
    status: 'success',
    user: 'anna',
    summary: ['INSTANCE_STARTUP(web1)'],
    ops,
    opstatus: ['success', 'success'],
    opresult: [{ on: 'node1' }, 'text'],
    oplog: [log, []],
    received_ts: [1_794_999_990, 0],
    start_ts: [1_795_000_000, 500_000],
    end_ts: [1_795_000_070, 500_000],
  }));
  const opsteps = [
    [
      { step: 'start', seconds: 3.21 },
      { step: 'record-up', title: 'record that it is up', seconds: 66.8 },
    ],
    [],
  ];
  cluster.on('GET /2/jobs/31/wait', (request) =>
    jobWait(request, { oplog: [], user: 'anna', trace: 'f'.repeat(32), opsteps, parent: 30, children: [33, 34] }),
  );
  assert.deepEqual((await gantry('job', 'info', '31')).stdout.split('\n').slice(0, -1), [
    'Job:      31',
    'Status:   success',
    'User:     anna',
    `Trace:    ${'f'.repeat(32)}`,
    'Parent:   30',
    'Children: 33, 34',
    'Received: 2026-11-18 11:06:30',
    'Started:  2026-11-18 11:06:40',
    'Ended:    2026-11-18 11:07:50',
    'Took:     1 min 10 s',
    'Operations:',
    '  INSTANCE_STARTUP(web1):',
    '    Status: success',
    '    Parameters:',
    '      instance_name: web1',
    '      beparams:      {"vcpus":2}',
    '    Result: {"on":"node1"}',
    '    Steps:',
    '      start:                3.2 s',
    '      record that it is up: 1 min 6 s',
    '    Log:',
    '      2026-11-18 11:06:40: first',
    '      2026-11-18 11:07:40: {"a":1}',
    '  1:',
    '    Status:     success',
    '    Parameters: -',
    '    Result:     text',
    '    Log:        -',
  ]);
});

test('a dry run is marked wherever the summary of a job is shown to people; as JSON it is the data of the cluster', async () => {
  const job = {
    ...{ id: 36, status: 'success', summary: ['INSTANCE_REMOVE(web1)', 'X'], opstatus: ['success', 'success'] },
    ops: [{ OP_ID: 'OP_INSTANCE_REMOVE', dry_run: true }, { OP_ID: 'X' }],
  };
  cluster.on('GET /2/jobs/36', () => job);
  scriptJob(cluster, 36, [{ status: 'success' }], { end: job });
  assert.match((await gantry('job', 'info', '36')).stdout, /^ {2}INSTANCE_REMOVE\(web1\) \(dry run\):$/m);
  assert.match((await gantry('job', 'watch', '36')).stderr, /^job 36: INSTANCE_REMOVE\(web1\) \(dry run\), X$/m);
  const listed = await gantry('job', 'list', '36', '-o', 'id,summary', '--no-headers', '--separator', ' ');
  assert.equal(listed.stdout, '36 INSTANCE_REMOVE(web1) (dry run),X\n');
  const [row] = JSON.parse((await gantry('job', 'list', '36', '--output', 'json')).stdout) as { summary: string[] }[];
  assert.deepEqual(row?.summary, job.summary);
});

test('a user who may not wait for jobs gets the page of a job without its trace and steps', async () => {
  const error = { code: 'API_FORBIDDEN', what: 'no', why: 'no', todo: 'no', facts: { user: 'x', permission: 'job:query' } };
  cluster.on('GET /2/jobs/12/wait', () => new Refusal(403, { code: 403, message: 'Forbidden', explain: 'x', error }));
  const { code, stdout } = await gantry('job', 'info', '12');
  assert.equal(code, 0);
  assert.match(stdout, /^Job: /);
  assert.doesNotMatch(stdout, /Trace|Steps/);
});

test('the page of a job that runs asks the master for its step, that of one that has ended only for what its page does not have', async () => {
  const job = { id: 32, status: 'running', summary: ['X'], ops: [{ OP_ID: 'X' }], opstatus: ['running'], start_ts: [1_795_000_000, 0] };
  cluster.on('GET /2/jobs/32', () => job);
  const progress = { step: 'create disk 0', index: 2, count: 5, fraction: null, text: '' };
  scriptJob(cluster, 32, [{ status: 'running', progress }]);
  const { stdout } = await gantry('job', 'info', '32');
  assert.match(
    stdout,
    /^Status: {3}running\nStep: {5}\[2\/5\] create disk 0\nReceived: -\nStarted: {2}2026-11-18 11:06:40\nEnded: {4}-\nTook: {5}-\nOperations:$/m,
  );
  assert.doesNotMatch(stdout, /User|Error|Waits for/);
  cluster.on('GET /2/jobs/35', () => ({ ...job, id: 35, status: 'success', opstatus: ['success'] }));
  scriptJob(cluster, 35, [{ status: 'success' }]);
  cluster.seen.length = 0;
  await gantry('job', 'info', '35');
  assert.deepEqual(
    asked().map(([request]) => request.split('?')[0]),
    ['GET /2/jobs/35', 'GET /2/jobs/35/wait'],
  );
});

test('a job that is submitted only tells its number, and how to follow it', async () => {
  submits(40, [{ status: 'success' }]);
  const people = await gantry('instance', 'startup', 'web1', '--submit');
  assert.deepEqual(people, { code: 0, stdout: 'Job 40 is submitted. Follow it with: gantry job watch 40\n', stderr: '' });
  assert.deepEqual(
    asked().map(([request]) => request),
    ['POST /2/jobs'],
  );
  const programs = await gantry('instance', 'startup', 'web1', '--output', 'json');
  assert.deepEqual([programs.code, programs.stderr], [0, '']);
  assert.deepEqual(JSON.parse(programs.stdout), { job_id: 40, status: 'success', dry_run: false, result: null });
  const dry = await gantry('instance', 'startup', 'web1', '--output', 'json', '--dry-run');
  assert.equal((JSON.parse(dry.stdout) as { dry_run: boolean }).dry_run, true);
});

test('results are printed by what they are', async () => {
  const printed = async (result: unknown, op: object = { OP_ID: 'OP_X' }) => {
    submits(41, [{ status: 'success' }], { ops: [op], opresult: [result] });
    const { code, stdout } = await gantry('instance', 'startup', 'web1');
    assert.equal(code, 0);
    return stdout;
  };
  assert.equal(await printed(null), '');
  assert.equal(await printed('text\u001b'), 'text\\u001b\n');
  assert.equal(await printed(true), 'yes\n');
  assert.equal(await printed(['a', ['disk/0', '/dev/x'], [1, 2, 3]]), 'a\ndisk/0: /dev/x\n1,2,3\n');
  assert.equal(
    await printed({ downtime_ms: 12.4, total_ms: 2345, ram_mib: 99.6, other_ms: 1 }),
    'downtime:      12 ms\ntotal time:    2.3 s\nmemory copied: 100 MiB\nother_ms:      1\n',
  );
  assert.equal(await printed({ downtime_ms: null }), 'downtime_ms: -\n');
  assert.equal(await printed({ jobs: [] }, { OP_ID: 'OP_NODE_EVACUATE', node_name: 'node2' }), 'Nothing has to leave node2.\n');
  const verify = { OP_ID: 'OP_CLUSTER_VERIFY' };
  assert.equal(await printed({ ok: true, problems: [] }, verify), 'No problems found.\n');
  assert.equal(await printed({ ok: true }), 'ok: yes\n');
  const warning = { code: 'SLOW', subject: 'node1', text: 'slow', todo: '', severity: 'warning' };
  assert.equal(
    await printed({ ok: true, problems: [warning, warning] }, verify),
    'SLOW node1: slow\nSLOW node1: slow\n0 errors, 2 warnings.\n',
  );
});

test('a job that was cancelled is no success', async () => {
  submits(42, [{ status: 'canceled' }], { status: 'canceled', opstatus: ['canceled'] });
  const { code, stderr } = await gantry('instance', 'startup', 'web1');
  assert.equal(code, 1);
  assert.match(stderr, /CLI_JOB_CANCELED/);
});

test('what cannot be a job to wait for is refused before anything is sent', async () => {
  for (const depends of ['x', '1:done', '1:success:error', '', '1,,2', '-1']) {
    const { code, stderr } = await gantry('instance', 'startup', 'web1', `--depends=${depends}`);
    assert.equal(code, 2, depends);
    assert.match(stderr, /is not a job to wait for, such as 12 or 12:success/);
  }
});

test('a new node is told its own address, or how to find it', async () => {
  cluster.on('POST /2/nodes/join-tokens', () => ({ token: 'secret', expires_at: 1_795_000_000 }));
  const json = async (...args: string[]) => JSON.parse((await gantry('node', 'add', 'n5', '--output', 'json', ...args)).stdout) as unknown;
  assert.deepEqual(await json('--address', ' 10.0.0.0/24, 10.0.0.7'), {
    node_name: 'n5',
    expires_at: 1_795_000_000,
    join_command: 'gantry node join --address 10.0.0.7 --token-file -',
    token: 'secret',
  });
  assert.deepEqual(asked().at(-1)?.[1], { node_name: 'n5', ttl: 3600, addresses: ['10.0.0.0/24', '10.0.0.7'] });
  const { stdout } = await gantry('node', 'add', 'n5', '--address', '10.0.0.0/24', '--ttl', '15m');
  assert.equal(
    stdout,
    `Run this on n5, as root, before 2026-11-18 11:06:40:\n\ngantry node join --address "$(hostname -I | cut -d' ' -f1)" --token-file - <<'EOF'\nsecret\nEOF\n`,
  );
  assert.deepEqual(asked().at(-1)?.[1], { node_name: 'n5', ttl: 900, addresses: ['10.0.0.0/24'] });
});

test('tags are those of the cluster or of a named object', async () => {
  cluster.on('GET /2/instances/a%2Fb/tags', () => ['x', 'y']);
  assert.equal((await gantry('tag', 'list', 'instance', 'a/b')).stdout, 'x\ny\n');
  assert.deepEqual(JSON.parse((await gantry('tag', 'list', 'cluster', '--output', 'json')).stdout), ['prod']);
  submits(43, [{ status: 'success' }]);
  const changed = await gantry('tag', 'remove', 'node', 'node1', 'a', 'b');
  assert.match(changed.stderr, /^job 43: tag remove node1\n/);
  const { reason: _reason, ...op } =
    (asked().find(([request]) => request === 'POST /2/jobs')?.[1] as { ops: Record<string, unknown>[] }).ops[0] ?? {};
  assert.deepEqual(op, { OP_ID: 'OP_TAGS_DEL', kind: 'node', name: 'node1', tags: ['a', 'b'] });
  assert.match((await gantry('tag', 'add', 'cluster', 'a')).stderr, /^job 43: tag add cluster\n/);
  for (const [args, problem] of [
    [['list', 'instance'], /Name the instance\./],
    [['add', 'node', 'node1'], /Specify at least one tag\./],
    [['add', 'cluster'], /needs name of the object/],
  ] as const) {
    const { code, stderr } = await gantry('tag', ...args);
    assert.equal(code, 2);
    assert.match(stderr, problem);
  }
});

test('locks are a table, a sentence when there are none, and data as JSON', async () => {
  cluster.on('GET /2/locks', () => []);
  assert.equal((await gantry('cluster', 'locks')).stdout, 'No locks are held.\n');
  const locks = [
    { name: 'node/node1', mode: null, owners: [], pending: [] },
    {
      name: 'instance/web1',
      mode: 'shared',
      owners: [3, 4],
      pending: [
        { job: 5, mode: 'exclusive' },
        { job: 6, mode: 'shared' },
      ],
    },
  ];
  cluster.on('GET /2/locks', () => locks);
  assert.deepEqual((await gantry('cluster', 'locks')).stdout.split('\n').slice(0, -1), [
    'Lock           Mode    Held by       Waiting',
    'node/node1     -       -             -',
    'instance/web1  shared  job 3, job 4  job 5 (exclusive), job 6 (shared)',
  ]);
  assert.deepEqual(JSON.parse((await gantry('cluster', 'locks', '--output', 'json')).stdout), locks);
});
