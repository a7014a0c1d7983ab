import assert from 'node:assert/strict';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { GantryError } from '../base/index.ts';
import { ganetiOperations, opcodeCatalogue } from '../model/index.ts';
import { findCommand } from './command/find-command.ts';
import { type FakeCluster, Refusal, startFakeCluster } from './testing/fake-cluster.ts';
import { scriptJob } from './testing/fake-job.ts';
import { runGantry } from './testing/run-gantry.ts';

let cluster: FakeCluster;
const gantry = (args: string, input?: string) => runGantry(args.split(' '), cluster.env, input);
const submitted = () =>
  cluster.seen
    .filter(({ method, path }) => method === 'POST' && path === '/2/jobs')
    .map(({ body }) => (body as { ops: Record<string, unknown>[] }).ops[0]);

before(async () => {
  cluster = await startFakeCluster();
});
after(() => cluster.close());
beforeEach(() => {
  cluster.seen.length = 0;
  cluster.on('POST /2/jobs', () => 12);
  scriptJob(cluster, 12, [{ status: 'success' }]);
});

test('a list is a plain table without colours when no terminal reads it', async () => {
  const { code, stdout, stderr } = await gantry('instance list');
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const lines = stdout.split('\n');
  assert.equal(lines[0], 'Instance       OS    Primary_node  Status      Memory  VCPUs  IP');
  assert.equal(lines[4], 'inst4.r5.test  noop  node2         ADMIN_down       -      -  -');
});

test("fields are chosen as with Ganeti's tools", async () => {
  const chosen = await gantry('instance list inst1.r5.test -o name,be/vcpus,disk.sizes --no-headers --separator :');
  assert.equal(chosen.stdout, 'inst1.r5.test:1:512\n');
  const added = await gantry('node list node1 -o +group,ndparams --no-headers --separator |');
  assert.match(added.stdout, /^node1\|master\|258019\|.*\|10\.78\.0\.10\|default\|oob_program=-/);
  const wrong = await gantry('instance list -o nmae');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /CLI_FIELD_UNKNOWN.*Did you mean "name"/);
});

test('as JSON a list has every field, or the chosen ones', async () => {
  const all = await gantry('instance list --output json');
  const rows = JSON.parse(all.stdout) as Record<string, unknown>[];
  assert.equal(rows.length, 6);
  assert.equal(rows[0]?.['disk_usage'], 512);
  const chosen = await gantry('--output json job list --error -o id,status');
  assert.deepEqual(JSON.parse(chosen.stdout), [{ id: 12, status: 'error' }]);
});

test('lists are narrowed by globs and filters, and ordered', async () => {
  const names = async (args: string[]) => {
    const { code, stdout, stderr } = await runGantry([...args, '-o', 'name', '--no-headers'], cluster.env);
    assert.equal(code, 0, stderr);
    return stdout.trim().split('\n');
  };
  assert.deepEqual(await names(['instance', 'list', 'inst[12]*']), ['inst1.r5.test', 'inst2.r5.test']);
  assert.deepEqual(await names(['instance', 'list', 'inst3.r5.test', '*2.r5*']), ['inst3.r5.test', 'inst2.r5.test']);
  assert.deepEqual(await names(['instance', 'list', 'nothing*']), ['']);
  const stopped = ['inst4.r5.test'];
  assert.deepEqual(await names(['instance', 'list', '--filter', 'not status == "running" and not (status =~ m/^ERR/)']), stopped);
  assert.deepEqual(await names(['instance', 'list', 'status == "ADMIN_down"']), stopped);
  assert.deepEqual(await names(['instance', 'list', 'inst[1-3]*', '-F', 'pnode == "node3"']), ['inst1.r5.test']);
  assert.deepEqual(await names(['instance', 'list', '--sort', '-oper_ram,name']), [
    'inst6.r5.test',
    'inst5.r5.test',
    'inst3.r5.test',
    'inst2.r5.test',
    'inst1.r5.test',
    'inst4.r5.test',
  ]);
  assert.deepEqual(await names(['node', 'list', '--sort', '-name', 'node?']), ['node4', 'node3', 'node2', 'node1']);
  const json = await gantry('instance list inst[12]* --sort -name --output json');
  assert.deepEqual(
    (JSON.parse(json.stdout) as { name: string }[]).map(({ name }) => name),
    ['inst2.r5.test', 'inst1.r5.test'],
  );
  const wrong = await runGantry(['instance', 'list', '--filter', 'status == running'], cluster.env);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /CLI_FILTER_INVALID.*character 11/);
  const unknown = await gantry('instance list --sort nmae');
  assert.match(unknown.stderr, /CLI_FIELD_UNKNOWN.*Did you mean "name"/);
  assert.equal((await gantry('instance list inst1* nosuch')).code, 3);
});

test('the newest jobs come first, as many as fit a screen unless more are asked for', async () => {
  const rows = Array.from({ length: 120 }, (_, index) => ({
    id: index + 1,
    status: index % 10 === 0 ? 'error' : 'success',
    summary: ['CLUSTER_VERIFY'],
    received_ts: [1_795_000_000, 0],
  }));
  const jobs = await startFakeCluster({ jobs: rows });
  try {
    const list = async (args: string) => {
      const { code, stdout, stderr } = await runGantry(`job list -o id --no-headers ${args}`.trim().split(' '), jobs.env);
      assert.equal(code, 0, stderr);
      return { ids: stdout.trim().split('\n').map(Number), stderr };
    };
    const short = await list('');
    assert.deepEqual([short.ids.length, short.ids[0], short.ids.at(-1)], [50, 120, 71]);
    assert.equal(short.stderr, 'The newest 50 of 120 jobs; --all shows all of them.\n');
    assert.ok(!jobs.seen.some(({ path }) => path.includes('bulk')), 'old jobs are not sent');
    assert.deepEqual((await list('--limit 3')).ids, [120, 119, 118]);
    assert.deepEqual((await list('--all --sort id')).ids.slice(0, 3), [1, 2, 3]);
    const failed = await list('--error');
    assert.deepEqual(failed.ids.slice(0, 3), [111, 101, 91]);
    assert.equal(failed.ids.length, 12);
    assert.equal(failed.stderr, '');
    assert.deepEqual((await list('--error --limit 2')).ids, [111, 101]);
    const json = await runGantry(['job', 'list', '--output', 'json'], jobs.env);
    assert.equal((JSON.parse(json.stdout) as unknown[]).length, 120);
    assert.equal((await runGantry(['job', 'list', '--limit', '0'], jobs.env)).code, 2);
  } finally {
    await jobs.close();
  }
});

test('jobs that wait tell for what in the list', async () => {
  const waiting_for = ['instance web1 (held by job 7)', 'job 3 (running)'];
  const common = { summary: ['INSTANCE_REBOOT(web1)'], received_ts: [1_795_000_000, 0] };
  const rows = [
    { ...common, id: 7, status: 'success', waiting_for: [] },
    { ...common, id: 8, status: 'waiting', waiting_for },
  ];
  const jobs = await startFakeCluster({ jobs: rows });
  try {
    const list = await runGantry(['job', 'list'], jobs.env);
    assert.match(list.stdout, /^ID .*Waits_for/);
    assert.match(list.stdout, /\n ?8 .*instance web1 \(held by job 7\), ?job 3 \(running\)\n/);
  } finally {
    await jobs.close();
  }
});

test('details of a network show its IPv6 network and gateway', async () => {
  const networks = await startFakeCluster({
    networks: [{ name: 'six', network: '10.0.0.0/24', network6: '2001:db8:1::/64', gateway6: '2001:db8:1::1' }],
  });
  try {
    const { stdout } = await runGantry(['network', 'info', 'six'], networks.env);
    assert.match(stdout, /IPv6 subnet: +2001:db8:1::\/64\nIPv6 gateway: +2001:db8:1::1\n/);
  } finally {
    await networks.close();
  }
});

test('each page of details shows its object', async () => {
  for (const [args, expected] of [
    ['instance info inst3.r5.test', /^Instance: +inst3\.r5\.test\n/],
    ['node info node1', /Role: +master\n/],
    ['group info rack2', /Nodes: +node4\n/],
    ['network info lan', /Groups: +rack2 \(bridged, vc0\), default/],
    ['job info 12', /Error: +Job 12 failed: Can't create block device/],
    ['cluster info', /Master: +node1\n/],
    ['tag list cluster', /^prod\n$/],
  ] as const) {
    const { code, stdout, stderr } = await gantry(args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, expected);
  }
});

test('a new instance is submitted with what was asked for, followed, and its result printed', async () => {
  scriptJob(
    cluster,
    12,
    [
      { status: 'waiting', waitingFor: ['instance web1 (held by job 9)'] },
      { status: 'running', progress: { step: 'create disk 0', index: 2, count: 5, fraction: 0.5, text: '' }, log: ['placed on node1'] },
      { status: 'success', log: ['started \u001b[2J'] },
    ],
    { end: { ops: [{ OP_ID: 'OP_INSTANCE_CREATE', instance_name: 'web1' }], opresult: [['node1']] } },
  );
  const { code, stdout, stderr } = await gantry(
    'instance add web1 --os tiny --disk 64M --disk 1:size=1G,mode=ro --memory 128M --vcpus 2 --no-start --net 0:ip=10.0.0.5 --tags a,b',
  );
  assert.equal(code, 0, stderr);
  const { reason, ...op } = submitted()[0] ?? {};
  assert.deepEqual(op, {
    OP_ID: 'OP_INSTANCE_CREATE',
    mode: 'create',
    instance_name: 'web1',
    os_type: 'tiny',
    disks: [{ size: 64 }, { size: 1024, mode: 'ro' }],
    nics: [{ ip: '10.0.0.5' }],
    beparams: { minmem: 128, maxmem: 128, vcpus: 2 },
    start: false,
    tags: ['a', 'b'],
  });
  assert.equal((reason as string[][])[0]?.[1], 'instance add');
  assert.equal(stdout, 'web1 is on node1.\n');
  assert.deepEqual(stderr.split('\n'), [
    'job 12: instance add web1',
    '  waits for instance web1 (held by job 9)',
    '  placed on node1',
    '  [2/5] create disk 0',
    '  started \\u001b[2J',
    'job 12: success after 4.5 s',
    '',
  ]);
});

test('common parameters of a job come from its options; --submit does not wait', async () => {
  const { code, stdout } = await gantry(
    'instance stop inst1.r5.test --timeout 5 --priority high --depends 7,8:success --reason because --submit --output json',
  );
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { job_id: 12 });
  const { reason, ...op } = submitted()[0] ?? {};
  assert.deepEqual(op, {
    OP_ID: 'OP_INSTANCE_SHUTDOWN',
    instance_name: 'inst1.r5.test',
    timeout: 5,
    priority: -10,
    depends: [
      [7, []],
      [8, ['success']],
    ],
  });
  assert.deepEqual(
    (reason as string[][]).map(([source, text]) => [source, text]),
    [
      ['gantry:user', 'because'],
      ['gantry:client', 'instance shutdown'],
    ],
  );
});

test('commands of the other objects build their opcodes', async () => {
  for (const [args, expected] of [
    ['node modify node2 --drained yes -C no', { OP_ID: 'OP_NODE_SET_PARAMS', node_name: 'node2', drained: true, master_candidate: false }],
    ['node evacuate node2 --mode primary-only', { OP_ID: 'OP_NODE_EVACUATE', node_name: 'node2', mode: 'primary-only' }],
    ['group assign-nodes rack2 node1 node2', { OP_ID: 'OP_GROUP_ASSIGN_NODES', group_name: 'rack2', nodes: ['node1', 'node2'] }],
    ['instance remove inst1.r5.test --yes', { OP_ID: 'OP_INSTANCE_REMOVE', instance_name: 'inst1.r5.test' }],
    [
      'instance migrate inst1.r5.test -n node2 --dry-run',
      { OP_ID: 'OP_INSTANCE_MIGRATE', instance_name: 'inst1.r5.test', target_node: 'node2', dry_run: true },
    ],
    ['tag add instance inst1.r5.test env:prod', { OP_ID: 'OP_TAGS_SET', kind: 'instance', name: 'inst1.r5.test', tags: ['env:prod'] }],
    ['cluster remove-tags prod', { OP_ID: 'OP_TAGS_DEL', kind: 'cluster', name: null, tags: ['prod'] }],
    [
      'cluster modify -B maxmem=1G --enabled-hypervisors kvm,fake',
      { OP_ID: 'OP_CLUSTER_SET_PARAMS', beparams: { maxmem: 1024 }, enabled_hypervisors: ['kvm', 'fake'] },
    ],
    [
      'cluster modify --enabled-data-collectors lv=false,drbd=default --data-collector-interval cpu-avg-load=2.5,lv=60,drbd=default',
      {
        OP_ID: 'OP_CLUSTER_SET_PARAMS',
        enabled_data_collectors: { lv: false, drbd: null },
        data_collector_interval: { 'cpu-avg-load': 2_500_000, lv: 60_000_000, drbd: null },
      },
    ],
  ] as const) {
    cluster.seen.length = 0;
    const { code, stderr } = await gantry(args);
    assert.equal(code, 0, stderr);
    const { reason: _reason, ...op } = submitted()[0] ?? {};
    assert.deepEqual(op, expected);
  }
});

test('the page of a job that waits says for what', async () => {
  cluster.on('GET /2/jobs/13', () => ({ id: 13, status: 'waiting', summary: ['X'], ops: [{ OP_ID: 'X' }], opstatus: ['waiting'] }));
  scriptJob(cluster, 13, [{ status: 'waiting', waitingFor: ['node node1 (held by job 12)'] }]);
  const { stdout } = await gantry('job info 13');
  assert.match(stdout, /^Waits for: node node1 \(held by job 12\)$/m);
});

test('jobs that a job submits are followed, and it is told which of them failed', async () => {
  scriptJob(cluster, 12, [{ status: 'success' }], {
    end: {
      ops: [evacuation],
      opresult: [
        {
          jobs: [
            [true, 13],
            [true, 14],
          ],
        },
      ],
    },
  });
  scriptJob(cluster, 13, [{ status: 'success' }]);
  scriptJob(cluster, 14, [{ status: 'success' }]);
  const good = await gantry('node evacuate node2');
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /^2 instances will leave node2\.\n/);
  assert.match(good.stderr, /13[\s\S]*14/);
  scriptJob(cluster, 13, [{ status: 'error' }], {
    end: { status: 'error', opstatus: ['error'], opresult: [['OpExecError', ['it is stuck']]] },
  });
  const bad = await gantry('node evacuate node2');
  assert.notEqual(bad.code, 0);
  assert.match(bad.stderr, /CLI_SUBMITTED_FAILED: 1 of 2 submitted jobs failed: job 13: .*it is stuck/);
});

test('an evacuation tells what stays and why, and its exit code does', async () => {
  const reason = 'Instance db1 stays: its disks are files';
  const jobs = [
    [true, 13],
    [false, reason],
  ];
  scriptJob(cluster, 12, [{ status: 'success' }], { end: { ops: [evacuation], opresult: [{ jobs }] } });
  scriptJob(cluster, 13, [{ status: 'success' }]);
  const { code, stdout, stderr } = await gantry('node evacuate node2');
  assert.equal(code, 1);
  assert.match(stdout, /^1 instance will leave node2\. 1 instance cannot:\n {2}Instance db1 stays: its disks are files\n/);
  assert.match(stderr, /CLI_SUBMITTED_FAILED: 1 of 2 submitted jobs failed: Instance db1 stays/);
  const plan = { moves: [], stays: [{ instance: 'db1', reason: 'its disks are files' }] };
  scriptJob(cluster, 12, [{ status: 'success' }], { end: { ops: [evacuation], opresult: [plan] } });
  const dry = await gantry('node evacuate node2 --dry-run');
  assert.equal(dry.code, 1);
  assert.match(dry.stdout, /Dry run: nothing was changed\.\n1 instance would stay:\n {2}db1: its disks are files\n/);
  scriptJob(cluster, 12, [{ status: 'success' }], { end: { ops: [evacuation], opresult: [{ moves: [], stays: [] }] } });
  assert.match((await gantry('node evacuate node2 --dry-run')).stdout, /changed\.\nNothing would have to leave the node\.\n/);
});

const evacuation = { OP_ID: 'OP_NODE_EVACUATE', node_name: 'node2' };

test('a location file is sent as its text, and none removes it', async () => {
  const file = join(cluster.home, 'racks.yaml');
  await writeFile(file, 'levels: [rack]\n');
  for (const [given, location] of [
    [file, 'levels: [rack]\n'],
    ['none', ''],
  ] as const) {
    cluster.seen.length = 0;
    const { code, stderr } = await gantry(`cluster modify --location ${given}`);
    assert.equal(code, 0, stderr);
    assert.equal(submitted()[0]?.['location'], location);
  }
  const { code, stderr } = await gantry('cluster modify --location /no/such/file');
  assert.equal(code, 2);
  assert.match(stderr, /INPUT_INVALID.*location.*\/no\/such\/file cannot be read/);
});

test('what destroys something needs a yes, and nothing is sent without it', async () => {
  const { code, stderr } = await gantry('instance remove inst1.r5.test', 'y\n');
  assert.equal(code, 2);
  assert.match(stderr, /CLI_CONFIRMATION_NEEDED.*Remove instance inst1\.r5\.test and all data/);
  assert.deepEqual(submitted(), []);
});

test('a failed job prints the error of the cluster and exits by its kind', async () => {
  const report = { code: 'INSTANCE_BUSY', what: 'web1 is busy.', why: 'It moves.', todo: 'Wait.', facts: { name: 'web1' } };
  const end = { status: 'error', opstatus: ['error'], opresult: [['OpPrereqError', ['web1 is busy.', 'wrong_state']]], operror: [report] };
  scriptJob(cluster, 12, [{ status: 'error' }], { end });
  const people = await gantry('instance startup inst1.r5.test');
  assert.equal(people.code, 5);
  assert.match(people.stderr, /Error INSTANCE_BUSY: web1 is busy\.\n {2}why: {2}It moves\.\n {2}what to do: {2}Wait\.\n$/);
  const programs = await gantry('instance startup inst1.r5.test --output json');
  assert.equal(programs.code, 5);
  assert.equal(programs.stdout, '');
  assert.deepEqual(JSON.parse(programs.stderr), { error: { ...report, facts: { name: 'web1', job: 12 } } });
});

test('problems that a verification finds are printed, and the exit code tells of errors', async () => {
  const missing = { code: 'DISK_MISSING', subject: 'web1', text: 'disk 0 is gone', todo: 'restore it', severity: 'error' };
  const slow = { code: 'NODE_SLOW', subject: 'node1', text: 'it is slow', todo: '', severity: 'warning' };
  const ops = [{ OP_ID: 'OP_CLUSTER_VERIFY' }];
  scriptJob(cluster, 12, [{ status: 'success' }], { end: { ops, opresult: [{ ok: false, problems: [missing, slow] }] } });
  const bad = await gantry('cluster verify');
  assert.equal(bad.code, 1);
  assert.match(
    bad.stdout,
    /^DISK_MISSING web1: disk 0 is gone\n {2}what to do: restore it\nNODE_SLOW node1: it is slow\n1 error, 1 warning\.\n$/,
  );
  scriptJob(cluster, 12, [{ status: 'success' }], { end: { ops, opresult: [{ ok: true, problems: [] }] } });
  const good = await gantry('cluster verify');
  assert.deepEqual([good.code, good.stdout], [0, 'No problems found.\n']);
});

test('unknown objects: exit code 3, with the name that was probably meant', async () => {
  const { code, stderr } = await gantry('instance info inst1.r5.tst --output json');
  assert.equal(code, 3);
  assert.deepEqual((JSON.parse(stderr) as { error: { suggestions: string[] } }).error.suggestions, ['inst1.r5.test']);
  const group = await gantry('group info rack3');
  assert.match(group.stderr, /did you mean: {2}rack2/);
});

test('a refusal is shown in the words of the cluster', async () => {
  const error = { code: 'NAME_TAKEN', what: 'There is an instance web1.', why: 'Names are unique.', todo: 'Choose another.', facts: {} };
  cluster.on('POST /2/jobs', () => new Refusal(409, { code: 409, message: 'Conflict', explain: '…', error }));
  const { code, stderr } = await gantry('instance startup inst1.r5.test');
  assert.equal(code, 5);
  assert.match(stderr, /Error NAME_TAKEN: There is an instance web1\./);
});

test('misspelt commands and options are corrected, exit code 2', async () => {
  for (const [args, expected] of [
    ['instnce list', /no command "instnce"\. Did you mean "instance"/],
    ['monitor plugin', /no command "monitor plugin"\. There is "monitor plugin check"/],
    ['monitor plugin chek', /no command "monitor plugin chek"\. Did you mean "check"/],
    ['instance lsit', /no command "instance lsit"\. Did you mean "list"/],
    ['instance add web1 --memroy 1G', /has no option --memroy\. Did you mean "--memory"/],
    ['instance add web1 --vcpus many', /"vcpus" is not valid: "many"/],
  ] as const) {
    const { code, stderr } = await gantry(args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
});

test('a command that comes later says so; one whose opcode is there is there as well', async () => {
  for (const [args, expected] of [
    [
      'instance reinstall web1 --os tiny',
      /CLI_COMMAND_NOT_YET: The command "instance reinstall" is not available yet: Reinstalling an instance\./,
    ],
    ['backup', /CLI_COMMAND_NOT_YET: The command "backup" is not available yet/],
    ['instance reinstal web1', /CLI_COMMAND_UNKNOWN/],
  ] as const) {
    const { code, stderr } = await gantry(args);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
  for (const { commands = [], opcodes = [] } of ganetiOperations) {
    const isBuilt = opcodes.length > 0 && opcodes.every((id) => opcodeCatalogue.has(id));
    for (const command of commands) {
      const outcome = await findCommand(command.split(' ')).then(
        ({ kind }) => kind,
        (error: GantryError) => error.code,
      );
      assert.ok(['command', 'program'].includes(outcome) || (!isBuilt && outcome === 'CLI_COMMAND_NOT_YET'), `${command}: ${outcome}`);
    }
  }
});

test('who cannot connect learns why, exit code 4', async () => {
  const withEnv = (env: Record<string, string>, args: string[]) => runGantry(args, env);
  const { HOME = '' } = cluster.env;
  const unset = await withEnv({ HOME }, ['node', 'list']);
  assert.equal(unset.code, 4);
  assert.match(unset.stderr, /CLI_CLUSTER_NOT_SET[\s\S]*\.\/gantry up/);
  const wrongPassword = join(cluster.home, 'wrong');
  await writeFile(wrongPassword, 'tester other\n');
  const refused = await withEnv({ ...cluster.env, GANTRY_CREDENTIALS_FILE: wrongPassword }, ['node', 'list']);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /HTTP_401/);
  const stranger = await withEnv({ HOME, GANTRY_URL: cluster.url }, ['node', 'list']);
  assert.equal(stranger.code, 4);
  assert.match(stranger.stderr, /CLI_CERTIFICATE_REFUSED/);
  const nobody = await withEnv(cluster.env, ['node', 'list', '--url', 'https://127.0.0.1:1']);
  assert.equal(nobody.code, 4);
  assert.match(nobody.stderr, /CLI_CLUSTER_UNREACHABLE/);
});

test('jobs are waited for, cancelled, archived, changed', async () => {
  scriptJob(cluster, 12, [{ status: 'running' }, { status: 'error' }], {
    end: { status: 'error', opstatus: ['error'], opresult: [['OpExecError', ['no room']]] },
  });
  const waited = await gantry('job wait 12');
  assert.deepEqual([waited.code, waited.stdout], [1, 'Job 12: error\n']);
  cluster.on('DELETE /2/jobs/13', () => [true, 'Job 13 canceled']);
  cluster.on('DELETE /2/jobs/14', () => [false, 'Job 14 is running']);
  assert.equal((await gantry('job cancel 13')).stdout, 'Job 13 canceled\n');
  const refused = await gantry('job cancel 14');
  assert.equal(refused.code, 5);
  assert.match(refused.stderr, /Job 14 was not cancelled: Job 14 is running/);
  cluster.on('POST /2/jobs/archive?age=172800', () => 4);
  assert.equal((await gantry('job archive --older-than 2d')).stdout, '4 jobs archived.\n');
  cluster.on('PUT /2/jobs/13/priority', ({ body }) => (body as { priority: number }).priority === 10 && null);
  assert.equal((await gantry('job priority 13 low')).stdout, 'Job 13 has priority 10.\n');
  cluster.on('GET /2/jobs/99', () => ({ id: 99, status: null }));
  assert.equal((await gantry('job info 99')).code, 3);
});

test('watching a job as JSON gives one object a line', async () => {
  scriptJob(cluster, 12, [{ status: 'running', log: ['one'] }, { status: 'success' }], { end: { opresult: ['done'] } });
  const { code, stdout } = await gantry('job watch 12 --output json');
  assert.equal(code, 0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; status?: string; result?: unknown });
  assert.deepEqual(
    events.map(({ event, status }) => [event, status]),
    [
      ['log', undefined],
      ['update', 'running'],
      ['update', 'success'],
      ['end', 'success'],
    ],
  );
  assert.equal(events.at(-1)?.result, 'done');
});

test('a connection that is lost while waiting is opened again', async () => {
  let calls = 0;
  scriptJob(cluster, 12, [{ status: 'running' }, { status: 'success' }], {
    go: async () => {
      calls++;
      if (calls === 2) cluster.server.closeAllConnections();
    },
  });
  const { code, stderr } = await gantry('instance startup inst1.r5.test');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /connection lost, trying again/);
});

test('a token for a new node is handed over by standard input or a file, never as an argument', async () => {
  cluster.on('POST /2/nodes/join-tokens', () => ({ token: 'secret-token', expires_at: 1_795_000_000 }));
  const shown = await gantry('node add node5 --address 10.0.0.5 -g rack2 --ttl 1h');
  assert.match(shown.stdout, /gantry node join --address 10\.0\.0\.5 --token-file - <<'EOF'\nsecret-token\nEOF\n/);
  assert.deepEqual(cluster.seen.at(-1)?.body, { node_name: 'node5', group: 'rack2', ttl: 3600, addresses: ['10.0.0.5'] });
  const file = join(cluster.home, 'token');
  const written = await gantry(`node add node5 --token-file ${file}`);
  assert.doesNotMatch(written.stdout, /secret-token/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await rm(file);
});

test('a node can be configured before it joins; the list shows it', async () => {
  scriptJob(cluster, 12, [{ status: 'success' }]);
  const {
    code,
    stdout: said,
    stderr,
  } = await gantry('node add node5 --no-join --address 10.0.0.5 --secondary-address 10.1.0.5 -g rack2 --agent-port 1812');
  assert.equal(code, 0, stderr);
  const { reason: _, ...op } = submitted()[0] ?? {};
  const addresses = { primary_ip: '10.0.0.5', secondary_ip: '10.1.0.5' };
  assert.match(said, /offline until it joins\. To let it join, create a token: gantry node add node5\n$/);
  assert.deepEqual(op, { OP_ID: 'OP_NODE_ADD', node_name: 'node5', agent_port: 1812, group: 'rack2', ...addresses });
  for (const wrong of ['--no-join', '--no-join --address 10.0.0.5 --ttl 1h', '--secondary-address 10.0.0.5', '--agent-port 1'])
    assert.equal((await gantry(`node add node5 ${wrong}`)).code, 2, wrong);
  const own = await startFakeCluster({
    nodes: [
      { name: 'node5', role: 'O', joined: false },
      { name: 'node6', role: 'O', joined: true },
    ],
  });
  try {
    const { stdout } = await runGantry('node list -o name,role'.split(' '), own.env);
    assert.equal(stdout, 'Node   Role\nnode5  not joined\nnode6  offline\n');
  } finally {
    await own.close();
  }
});

test('locks are listed with those who wait', async () => {
  cluster.on('GET /2/locks', () => [{ name: 'instance/web1', mode: 'exclusive', owners: [9], pending: [{ job: 12, mode: 'shared' }] }]);
  const { stdout } = await gantry('cluster locks');
  assert.equal(stdout, 'Lock           Mode       Held by  Waiting\ninstance/web1  exclusive  job 9    job 12 (shared)\n');
});

test('help is there for everything', async () => {
  assert.match((await gantry('help')).stdout, /instance migrate +Move a running instance/);
  assert.match((await gantry('instance add --help')).stdout, /--memory <size>[\s\S]*Examples:/);
  const topic = await gantry('node');
  assert.equal(topic.code, 2);
  assert.match(topic.stdout, /node modify/);
  assert.match((await gantry('--version')).stdout, /^gantry \d/);
});
