import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createPluginFolder } from '../testing/plugin-folder.ts';

const isRoot = process.getuid?.() === 0;

test('a file in Prometheus format: its own names on the page, and its families in the report', async () => {
  using folder = createPluginFolder();
  folder.write(
    'backup.prom',
    '# HELP backup_bytes_total Copied.\n# TYPE backup_bytes_total counter\nbackup_bytes_total{disk="a"} 12\n# TYPE lag histogram\nlag_bucket{le="+Inf"} 2\nlag_sum 3\nlag_count 2\nplain 1e3\n',
  );
  folder.write('backup.yaml', 'interval: 1\n');
  await using agent = await folder.start();
  await agent.until('/2/report/default/backup', ({ data }) => (data['families'] as unknown[] | undefined)?.length === 3);
  const page = await agent.get('/metrics');
  assert.match(page, /^# HELP backup_bytes_total Copied\.\n# TYPE backup_bytes_total counter\nbackup_bytes_total\{disk="a"\} 12$/m);
  assert.match(page, /^# TYPE lag histogram\nlag_bucket\{le="\+Inf"\} 2\nlag_sum 3\nlag_count 2$/m);
  assert.match(page, /^# TYPE plain untyped\nplain 1000$/m);
  writeFileSync(join(folder.directory, 'backup.prom.tmp'), 'plain 5\n');
  renameSync(join(folder.directory, 'backup.prom.tmp'), join(folder.directory, 'backup.prom'));
  await agent.until('/2/report/default/backup', ({ data }) => (data['families'] as unknown[] | undefined)?.length === 1);
});

test('a file that is written anew is the same plugin: what was known of it stays', async () => {
  using folder = createPluginFolder();
  folder.write('x.prom', 'a 1\n');
  folder.write('x.yaml', 'interval: 1\n');
  await using agent = await folder.start(100);
  await agent.until('/2/report/default/x', ({ data }) => 'families' in data);
  folder.write('x.prom', 'half of i');
  const { data } = await agent.until('/2/report/default/x', ({ trouble }) => trouble !== undefined);
  assert.ok('families' in data);
  assert.match(await agent.get('/metrics'), /^a 1$/m);
});

test('a file with a report', async () => {
  using folder = createPluginFolder();
  folder.write('last-run.report', '{\n "data": {"ok": true},\n "metrics": [{"name": "age_seconds", "value": 3}]\n}\n');
  await using agent = await folder.start();
  await agent.until('/2/report/default/last-run', ({ data }) => data['ok'] === true);
  assert.match(await agent.get('/metrics'), /^gantry_plugin_age_seconds 3$/m);
});

describe('a file that is of no use', () => {
  const cases: readonly (readonly [what: string, name: string, text: string | Buffer, problem: RegExp])[] = [
    ['garbage', 'x.prom', 'hello world how are you\n', /MONITOR_PLUGIN_TEXT_INVALID.*line 1/],
    ['binary', 'x.prom', Buffer.from([0xff, 0xfe, 0, 1, 2, 10]), /MONITOR_PLUGIN_TEXT_INVALID.*UTF-8/],
    ['half-written', 'x.prom', '# TYPE a gauge\na 1\nb 1', /MONITOR_PLUGIN_TEXT_INVALID.*incomplete/],
    ['names twice', 'x.prom', '# TYPE a gauge\n# TYPE a gauge\na 1\n', /MONITOR_PLUGIN_TEXT_INVALID.*second TYPE of a/],
    ['samples twice', 'x.prom', 'a{b="1"} 1\na{b="1"} 2\n', /MONITOR_PLUGIN_TEXT_INVALID.*line 2: a second sample of a/],
    ['samples with a time', 'x.prom', 'a 1 1395066363000\n', /MONITOR_PLUGIN_TEXT_INVALID.*time/],
    ['names of the agent', 'x.prom', 'gantry_monitor_threads_started_total 1\n', /MONITOR_PLUGIN_METRIC_CLASH.*the agent/],
    ['names of what tells of plugins', 'x.prom', 'gantry_monitor_plugins 1\n', /MONITOR_PLUGIN_METRIC_CLASH.*the agent/],
    [
      "labels of Prometheus's own",
      'x.prom',
      'a{__name__="taken"} 1\n',
      /MONITOR_PLUGIN_TEXT_INVALID.*"__name__" is not a valid label name/,
    ],
    ['names of another plugin', 'x.prom', 'taken 1\n', /MONITOR_PLUGIN_METRIC_CLASH.*other already reports/],
    ['huge', 'x.prom', `${'a_very_long_name '.repeat(8000)}\n`, /MONITOR_PLUGIN_FLOOD/],
    ['too many series', 'x.prom', Array.from({ length: 1001 }, (_, i) => `a{i="${i}"} 1\n`).join(''), /MONITOR_PLUGIN_TOO_MANY_SERIES/],
    ['no JSON', 'x.report', '{"data":', /MONITOR_PLUGIN_REPORT_INVALID/],
  ];
  for (const [what, name, text, problem] of cases) {
    test(what, async () => {
      using folder = createPluginFolder();
      folder.write('other.prom', 'taken 1\n');
      folder.write(name, text);
      await using agent = await folder.start();
      const { trouble } = await agent.until('/2/report/default/x', (report) => report.trouble !== undefined);
      assert.match(trouble?.problem ?? '', problem);
      assert.match(await agent.get('/metrics'), /^taken 1$/m);
    });
  }

  test('too old', async () => {
    using folder = createPluginFolder();
    folder.write('x.prom', 'a 1\n');
    folder.write('x.yaml', 'max_age: 60\n');
    utimesSync(join(folder.directory, 'x.prom'), 1_000_000, 1_000_000);
    await using agent = await folder.start();
    const { trouble } = await agent.until('/2/report/default/x', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_SILENT/);
  });
});

describe('what is not trusted is not run', () => {
  const cases: readonly (readonly [what: string, spoil: (directory: string) => void, problem: RegExp, rootOnly?: boolean])[] = [
    ['others may write to it', (directory) => chmodSync(join(directory, 'x'), 0o777), /x is writable by users other than its owner/],
    ['its group may write to it', (directory) => chmodSync(join(directory, 'x'), 0o775), /x is writable by users other than its owner/],
    ['others may write to the folder', (directory) => chmodSync(directory, 0o777), /plugins is writable by users other/],
    ['others may write to its manifest', (directory) => chmodSync(join(directory, 'x.yaml'), 0o666), /x\.yaml/],
    [
      'others may write to the folder of a link that leads to it',
      (directory) => {
        mkdirSync(join(directory, '../open'));
        chmodSync(join(directory, '../open'), 0o777);
        renameSync(join(directory, 'x'), join(directory, '../real'));
        symlinkSync('../real', join(directory, '../open/link'));
        symlinkSync('../open/link', join(directory, 'x'));
      },
      /open is writable by users other/,
    ],
    ['it belongs to somebody', (directory) => chownSync(join(directory, 'x'), 12345, 0), /belongs to user 12345/, true],
    ['the folder belongs to somebody', (directory) => chownSync(directory, 12345, 0), /plugins belongs to user 12345/, true],
  ];
  for (const [what, spoil, problem, rootOnly] of cases) {
    test(what, { skip: rootOnly === true && !isRoot }, async () => {
      using folder = createPluginFolder();
      folder.script('x', `echo '{"data":{}}'`);
      folder.write('x.yaml', 'interval: 5\n');
      spoil(folder.directory);
      await using agent = await folder.start();
      const { trouble } = await agent.until('/2/report/default/x', (report) => report.trouble !== undefined);
      assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_UNSAFE/);
      assert.match(trouble?.problem ?? '', problem);
    });
  }
});

test('what is run is what was looked at: the program itself, whatever links lead to it', async () => {
  using folder = createPluginFolder();
  folder.script('real', `echo "{\\"data\\":{\\"program\\":\\"$0\\",\\"name\\":\\"$GANTRY_PLUGIN\\"}}"`);
  renameSync(join(folder.directory, 'real'), join(folder.root, 'real'));
  symlinkSync('../real', join(folder.directory, 'x'));
  await using agent = await folder.start();
  const { data } = await agent.until('/2/report/default/x', (report) => 'program' in report.data);
  assert.deepEqual([data['program'], data['name']], [join(folder.root, 'real'), 'x']);
});

test('files that are no plugins are told of, and those for people are passed over', async () => {
  using folder = createPluginFolder();
  folder.write('notes.txt', 'not executable');
  folder.write('README', 'for people');
  folder.write('.hidden', '');
  folder.write('old~', '');
  folder.write('alone.yaml', 'interval: 5\n');
  folder.script('two.sh', 'true');
  folder.script('two.py', 'true');
  folder.script('we_ird', 'true');
  folder.script('plugins', 'true');
  mkdirSync(join(folder.directory, 'sub'));
  symlinkSync('/nowhere', join(folder.directory, 'link'));
  spawnSync('mkfifo', [join(folder.directory, 'pipe.prom')]);
  await using agent = await folder.start();
  const { data } = await agent.until('/2/report/daemon/plugins', (report) => report.data.status?.code === 4);
  const told = new Map((data['plugins'] as { name: string; problem: string }[]).map(({ name, problem }) => [name, problem]));
  assert.deepEqual([...told.keys()], ['alone', 'link', 'notes', 'pipe', 'sub', 'two']);
  for (const name of ['alone', 'notes', 'sub', 'pipe']) assert.match(told.get(name) ?? '', /MONITOR_PLUGIN_KIND/);
  assert.match(told.get('two') ?? '', /MONITOR_PLUGIN_NAME.*two\.py and two\.sh/);
  const refused = (data['refused'] as { path: string; problem: string }[]).map(({ path, problem }) => [
    path.slice(folder.directory.length + 1),
    problem.split(':')[0],
  ]);
  assert.deepEqual(refused, [
    ['plugins', 'MONITOR_PLUGIN_NAME'],
    ['we_ird', 'MONITOR_PLUGIN_NAME'],
  ]);
});

test('of a thousand plugins the first 64 are run, and the others told of', async () => {
  using folder = createPluginFolder();
  for (let i = 0; i < 1000; i++) folder.write(`p${String(i).padStart(4, '0')}.prom`, `m${i} 1\n`);
  await using agent = await folder.start();
  await agent.until('/2/report/default/p0063', ({ data }) => 'families' in data);
  const { data } = await agent.until('/2/report/daemon/plugins', (report) => report.data.status?.code === 4);
  assert.match(data.status?.message ?? '', /MONITOR_PLUGIN_LIMIT.*there are already 64 plugins.*And \d+ more\./);
  assert.equal((data['plugins'] as unknown[]).length, 64);
  assert.equal(JSON.parse(await agent.get('/1/list/collectors')).length, 65);
});

describe('a socket', () => {
  async function serve(path: string, onConnect: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      onConnect(socket);
    }).listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    return server;
  }

  test('gives a report to each who connects: until the end, or as one line', async () => {
    using folder = createPluginFolder();
    const ends = await serve(join(folder.directory, 'ends.sock'), (socket) => socket.end('{\n"data":\n{"a":1}}'));
    const line = await serve(join(folder.root, 'line.sock'), (socket) => socket.write('{"data":{"b":2}}\n'));
    folder.write('line.yaml', `socket: ${folder.root}/line.sock\n`);
    await using agent = await folder.start();
    await agent.until('/2/report/default/ends', ({ data }) => data['a'] === 1);
    await agent.until('/2/report/default/line', ({ data }) => data['b'] === 2);
    ends.close();
    line.close();
  });

  test('that stays connected gives a report a line, and is connected to again', async () => {
    using folder = createPluginFolder();
    let connections = 0;
    const server = await serve(join(folder.root, 's'), (socket) => {
      connections++;
      socket.write(`{"data":{"n":${connections}}}\n`);
      if (connections === 1) setTimeout(() => socket.end(), 300);
    });
    folder.write('s.yaml', `socket: ${folder.root}/s\nmode: stream\ninterval: 1\n`);
    await using agent = await folder.start();
    const lost = await agent.until('/2/report/default/s', ({ trouble }) => trouble !== undefined);
    assert.deepEqual([lost.data['n'], lost.trouble?.problem.split(':')[0]], [1, 'MONITOR_PLUGIN_UNREADABLE']);
    await agent.until('/2/report/default/s', ({ data, trouble }) => data['n'] === 2 && trouble === undefined);
    server.close();
  });

  const faults: readonly (readonly [what: string, onConnect: (socket: Socket) => void, failure: string, problem: RegExp])[] = [
    ['never answers', () => undefined, 'timed-out', /no answer/],
    ['closes at once', (socket) => socket.end(), 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*empty/],
    ['says nonsense', (socket) => socket.end('hello'), 'failed', /MONITOR_PLUGIN_REPORT_INVALID/],
    ['never stops', (socket) => socket.write('x'.repeat(1 << 20)), 'flooded', /MONITOR_PLUGIN_FLOOD/],
  ];
  for (const mode of ['once', 'stream']) {
    for (const [what, onConnect, failure, problem] of faults) {
      test(`that ${what} (${mode})`, async () => {
        using folder = createPluginFolder();
        const server = await serve(join(folder.root, 's'), onConnect);
        folder.write('s.yaml', `socket: ${folder.root}/s\nmode: ${mode}\ntimeout: 1\n`);
        await using agent = await folder.start();
        const { trouble } = await agent.until('/2/report/default/s', (report) => report.trouble !== undefined);
        if (mode === 'once' || failure !== 'failed') assert.equal(trouble?.failure, failure);
        if (mode === 'once' || failure !== 'failed') assert.match(trouble?.problem ?? '', problem);
        server.close();
      });
    }
  }

  test('where nobody listens', async () => {
    using folder = createPluginFolder();
    folder.write('s.yaml', `socket: ${folder.root}/none\n`);
    await using agent = await folder.start();
    const { trouble } = await agent.until('/2/report/default/s', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_UNREADABLE.*ENOENT/);
  });
});
