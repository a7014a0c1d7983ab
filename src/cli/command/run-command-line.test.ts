import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type FakeCluster, Refusal, startFakeCluster } from '../testing/fake-cluster.ts';
import { runInProcess } from '../testing/run-in-process.ts';

let cluster: FakeCluster;
const gantry = (...args: string[]) => runInProcess(args, cluster.env);

beforeEach(async () => {
  cluster = await startFakeCluster();
});
afterEach(() => cluster.close());

test('help of a topic lists its commands; asked for it is no error', async () => {
  const text = [
    'Usage: gantry tag <command> [arguments] [options]',
    '',
    'Tag:',
    '  tag add     Add tags to an object',
    '  tag list    List the tags of an object',
    '  tag remove  Remove tags from an object',
    '',
    '"gantry <object> <command> --help" shows arguments, options and examples.',
    '',
  ].join('\n');
  assert.deepEqual(await gantry('tag'), { code: 2, stdout: text, stderr: '' });
  for (const args of [
    ['tag', '--help'],
    ['tag', '-h'],
    ['help', 'tag'],
    ['--help', 'tag'],
    ['-h', 'tag'],
  ])
    assert.deepEqual(await gantry(...args), { code: 0, stdout: text, stderr: '' }, args.join(' '));
  assert.deepEqual(cluster.seen, []);
});

test('without words all commands are listed: those of the host in their order, then the objects by name', async () => {
  const { code, stdout } = await gantry();
  assert.equal(code, 0);
  assert.deepEqual(stdout.match(/^\w+:$/gm), [
    'General:',
    'Cluster:',
    'Group:',
    'Instance:',
    'Job:',
    'Monitor:',
    'Network:',
    'Node:',
    'Store:',
    'Tag:',
  ]);
  assert.match(
    stdout,
    /^Usage: gantry <object> <command> \[arguments\] \[options\]\n\nGeneral:\n {2}up +Set up this host[^\n]*\n {2}down /,
  );
  const ofInstances = stdout.match(/^ {2}instance \w+/gm)?.map((line) => line.trim());
  assert.deepEqual(ofInstances, ofInstances?.toSorted());
  assert.doesNotMatch(stdout, /__complete/);
  for (const args of [['--help'], ['-h'], ['help']]) assert.equal((await gantry(...args)).stdout, stdout, args.join(' '));
});

test('help of a command has its arguments, options, other names and examples', async () => {
  const { code, stdout } = await gantry('help', 'job', 'watch');
  assert.equal(code, 0);
  assert.deepEqual(stdout.split('\n').slice(0, 10), [
    'Usage: gantry job watch <job> [options]',
    '',
    'Follow a job: its steps and its log.',
    'Ends as the job ends, with its exit code. With --output json: one JSON object a line for every event; the last one has the result.',
    '',
    'Arguments:',
    '  job  number of the job',
    '',
    'Options of all commands:',
    '      --output <format>          table (for people) or json (for programs)',
  ]);
  assert.match(stdout, /\n {2}-h, --help {21}show this help\n\nAlso: gantry job follow\n$/);
  const tag = (await gantry('tag', 'add', '--help')).stdout;
  assert.match(tag, /^Usage: gantry tag add <kind> <name-and-tags…> \[options\]\n/);
  assert.match(tag, /\n {2}kind {11}kind of the object: cluster, group, node, instance, network\n/);
  assert.match(tag, /\n\nExamples:\n {2}gantry tag add instance web1 env:prod owner:anna\n {2}gantry tag add cluster prod\n$/);
  assert.doesNotMatch(tag, /--yes|--force/, 'what it takes for the sake of scripts is not shown');
  const list = (await gantry('instance', 'list', '--help')).stdout;
  assert.match(list, /^Usage: gantry instance list \[instance…\] \[options\]\n/);
  assert.match(list, /\nAlso: gantry instance ls\n/);
  const add = (await gantry('instance', 'add', '-h')).stdout;
  assert.match(add, /--tags <tags> +tags, separated by commas \(may be repeated\)\n/);
  assert.match(add, /--disk <size\|n:size=…> +a disk: "10G" or "0:size=10G,mode=ro"; repeat for more\n/);
  assert.match((await gantry('instance', 'remove', '--help')).stdout, / -y, --yes +do not ask for confirmation\n/);
});

test('help of a program is its own', async () => {
  const { code, stdout } = await gantry('help', 'up');
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: gantry up \[options\]\n/);
  assert.equal((await gantry('down', '--help')).stdout.split('\n')[0], 'Usage: gantry down [options]');
});

test('the version, in each of its ways', async () => {
  const { stdout } = await gantry('version', '--client');
  assert.match(stdout, /^gantry \d+\.\d+\.\d+\n$/);
  for (const word of ['--version', '-V']) assert.equal((await gantry(word)).stdout, stdout);
  const json = JSON.parse((await gantry('--version', '--output', 'json')).stdout) as unknown;
  assert.deepEqual(json, { version: stdout.trim().slice('gantry '.length), node: process.version });
});

test('errors are JSON wherever --output json stands', async () => {
  for (const args of [
    ['nonsense', '--output', 'json'],
    ['--output', 'json', 'nonsense'],
    ['--output=json', 'node', 'list', '-o', 'x'],
    ['node', 'list', '--output=json', '--nonsense'],
    ['job', 'wait', 'x', '--output', 'json'],
  ]) {
    const { code, stdout, stderr } = await gantry(...args);
    assert.deepEqual([code, stdout], [2, ''], args.join(' '));
    const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
    assert.deepEqual(Object.keys(error), ['code', 'what', 'why', 'todo', 'facts'], args.join(' '));
  }
  assert.match(
    (await gantry('nonsense', '--output', 'table')).stderr,
    /^Error CLI_COMMAND_UNKNOWN: There is no command "nonsense"\.\n {2}why: {2}/,
  );
  assert.match((await gantry('nonsense', 'json')).stderr, /^Error CLI_COMMAND_UNKNOWN/);
});

test('a command that is misspelt is answered with what there is at its place', async () => {
  const what = async (...args: string[]) => /^Error (.*)$/m.exec((await gantry(...args)).stderr)?.[1];
  const unknown = 'CLI_COMMAND_UNKNOWN: There is no command';
  assert.equal(await what('instnce', 'list'), `${unknown} "instnce". Did you mean "instance"?`);
  assert.equal(await what('instance', 'lsit'), `${unknown} "instance lsit". Did you mean "list"?`);
  assert.equal(await what('instance', 'strat'), `${unknown} "instance strat". Did you mean "start"?`, 'other words count as well');
  assert.equal(await what('group', 'shwo'), `${unknown} "group shwo". Did you mean "show"?`);
  assert.equal(await what('monitor', 'plugin'), `${unknown} "monitor plugin". There is "monitor plugin check".`);
  assert.equal(await what('monitor', 'plugin', 'chek'), `${unknown} "monitor plugin chek". Did you mean "check"?`);
  assert.equal(await what('zzzzzz'), `${unknown} "zzzzzz".`);
  assert.equal(await what('__complet'), `${unknown} "__complet".`);
  assert.match(
    (await what('instance', 'reinstall', 'web1')) ?? '',
    /^CLI_COMMAND_NOT_YET: The command "instance reinstall" is not available yet/,
  );
  assert.match((await what('backup')) ?? '', /^CLI_COMMAND_NOT_YET: The command "backup" is not available yet/);
});

test('options that come before the command count as those after it', async () => {
  const { stdout } = await runInProcess(
    ['--url', cluster.url, '--ca-file', cluster.caFile, '--credentials-file', cluster.credentialsFile, '--output', 'json', 'group', 'list'],
    {
      HOME: cluster.home,
      GANTRY_URL: 'https://127.0.0.1:1',
    },
  );
  assert.deepEqual(
    (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name),
    ['default', 'rack2'],
  );
});

test('a cluster is chosen by its name from the file of known ones', async () => {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(cluster.home, 'gantry'));
  const known = { rapi_url: cluster.url, ca_file: cluster.caFile, credentials_file: cluster.credentialsFile };
  await writeFile(
    join(cluster.home, 'gantry', 'clusters.json'),
    JSON.stringify({ current: 'dead', clusters: { lab: known, dead: { rapi_url: 'https://127.0.0.1:1' } } }),
  );
  const env = { HOME: cluster.home, XDG_CONFIG_HOME: cluster.home };
  assert.equal((await runInProcess(['--cluster', 'lab', 'network', 'list', '-o', 'name', '--no-headers'], env)).stdout, 'lan\n');
  assert.equal((await runInProcess(['network', 'list', '--cluster=lab', '-o', 'name', '--no-headers'], env)).stdout, 'lan\n');
  assert.equal((await runInProcess(['network', 'list'], env)).code, 4);
  assert.equal((await runInProcess(['__complete', 'cluster'], env)).stdout, 'lab\ndead\n');
});

test('what a refused request says is printed, with names like the one given when it does not exist', async () => {
  const what = async (status: number, body: unknown, ...args: string[]) => {
    cluster.on('GET /2/nodes/node9', () => new Refusal(status, body));
    const { code, stderr } = await gantry('node', 'info', 'node9', ...args);
    return [code, stderr] as const;
  };
  const [code, text] = await what(404, { code: 404, message: 'Not Found', explain: 'No node' });
  assert.deepEqual(
    [code, text],
    [3, 'Error HTTP_404: Not Found\n  why:  No node\n  did you mean:  node1, node2, node3\n  what to do:  Check the name.\n'],
  );
  const report = { code: 'NODE_OFFLINE', what: 'It is off.', why: '', todo: '', facts: {} };
  assert.deepEqual(await what(409, { error: report }), [5, 'Error NODE_OFFLINE: It is off.\n']);
  assert.deepEqual(await what(500, '<html>'), [
    1,
    'Error HTTP_500: The cluster answered with status 500.\n  why:  The cluster did not say why.\n  what to do:  Check the log of the master.\n',
  ]);
  const [, json] = await what(404, { error: { ...report, code: 'NODE_UNKNOWN' } }, '--output', 'json');
  assert.deepEqual((JSON.parse(json) as { error: { suggestions: string[] } }).error.suggestions, ['node1', 'node2', 'node3']);
  const known = await gantry('instance', 'info', 'inst1.r5.test', 'nosuch');
  assert.equal(known.code, 3);
  assert.doesNotMatch(known.stderr, /did you mean/, 'a name that exists is not suggested');
});

test('names given to options are suggested, too', async () => {
  cluster.on('POST /2/jobs', () => new Refusal(404, { code: 404, message: 'Node node7x not known', explain: '' }));
  const { code, stderr } = await gantry('instance', 'add', 'web9', '-o', 'tiny', '-n', 'noed1');
  assert.equal(code, 3);
  assert.match(stderr, /did you mean: {2}node1\n/);
});

test('consoles refuse options that do not fit', async () => {
  for (const [args, problem] of [
    [['--listen', '1'], '--listen requires --vnc.'],
    [['--linger', '-1'], '--linger is a number of seconds, at most 3600.'],
    [['--linger', '3601'], '--linger is a number of seconds, at most 3600.'],
    [['--linger', 'x'], '--linger is a number of seconds, at most 3600.'],
    [['--vnc', '--linger', '1'], '--linger is for the serial console.'],
    [['--vnc', '--listen', '65536'], '--listen is a port of this machine, or the path of a unix socket.'],
    [['--vnc', '--listen='], '--listen is a port of this machine, or the path of a unix socket.'],
  ] as const) {
    const { code, stderr } = await gantry('instance', 'console', 'web1', ...args);
    assert.equal(code, 2);
    assert.ok(stderr.startsWith(`Error CLI_USAGE: ${problem}\n`), stderr);
  }
  assert.deepEqual(cluster.seen, []);
  for (const args of [['--linger', '0'], ['--linger', '3600'], ['--vnc', '--listen', '65535'], ['--vnc']]) {
    const { code, stderr } = await gantry('instance', 'console', 'web1', ...args);
    assert.deepEqual([code, stderr.split('\n')[0]], [3, 'Error HTTP_404: Not Found'], args.join(' '));
  }
});
