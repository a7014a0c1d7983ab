import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createPluginFolder } from '../testing/plugin-folder.ts';

/** Processes whose command line names this path. */
function processesOf(path: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

async function untilGone(path: string): Promise<void> {
  for (let i = 0; i < 400 && processesOf(path).length > 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  assert.deepEqual(processesOf(path), []);
}

test('a program is a collector: listed, reported and measured, with its standard error kept', async () => {
  using folder = createPluginFolder();
  folder.script(
    'room.sh',
    `echo '{"data":{"door":"open"},"metrics":[{"name":"room_celsius","value":21.5,"labels":{"room":"a"}}]}'; echo careful >&2`,
  );
  folder.write(
    'room.yaml',
    'category: node\nversion: "2.1"\nmetrics:\n- {name: room_celsius, unit: celsius, help: How warm it is., labels: [room]}\n',
  );
  await using agent = await folder.start();
  const report = await agent.until('/2/report/node/room', ({ data }) => data['door'] === 'open');
  assert.equal((report as { version?: string }).version, '2.1');
  assert.deepEqual(JSON.parse(await agent.get('/2/list/collectors')), [
    ['plugins', 'daemon', 1],
    ['room', 'node', 0],
  ]);
  const page = await agent.get('/metrics');
  assert.match(
    page,
    /^# HELP gantry_plugin_room_celsius How warm it is\.\n# TYPE gantry_plugin_room_celsius gauge\ngantry_plugin_room_celsius\{room="a"\} 21\.5$/m,
  );
  agent.monitor.scheduler.configure(new Map([['plugins', { interval: 0.2 }]]));
  const { data } = await agent.until('/2/report/daemon/plugins', (told) => JSON.stringify(told.data).includes('careful'));
  assert.deepEqual(data.status, { code: 0, message: '' });
});

test('a status needs its manifest to say so', async () => {
  using folder = createPluginFolder();
  for (const name of ['right', 'wrong']) folder.script(name, `echo '{"status":{"code":4,"message":"broken belt"}}'`);
  folder.write('right.json', '{"kind":"status"}');
  await using agent = await folder.start();
  const { data } = await agent.until('/2/report/default/right', (told) => told.data.status?.code === 4);
  assert.equal(data.status?.message, 'broken belt');
  const wrong = await agent.until('/2/report/default/wrong', ({ trouble }) => trouble !== undefined);
  assert.match(wrong.trouble?.problem ?? '', /MONITOR_PLUGIN_REPORT_INVALID.*kind is performance/);
});

describe('output that is no report', () => {
  const cases: readonly (readonly [what: string, body: string, failure: string, problem: RegExp])[] = [
    ['nothing', 'true', 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*empty/],
    ['malformed', 'echo "{data: 1}"', 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*not JSON/],
    ['in part', `printf '{"data":{"a":1'`, 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*not JSON/],
    ['binary', 'head -c 2000 /dev/urandom; printf "\\377"', 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*not text in UTF-8/],
    ['of another shape', `echo '{"metrics":[{"name":"x"}]}'`, 'failed', /MONITOR_PLUGIN_REPORT_INVALID.*"value" is missing/],
    ['with a name that is none', `echo '{"metrics":[{"name":"x-y","value":1}]}'`, 'failed', /MONITOR_PLUGIN_REPORT_INVALID/],
    ['with keys of the agent', `echo '{"data":{"families":1}}'`, 'failed', /"families" is not allowed in data/],
    ['with a sample twice', `echo '{"metrics":[{"name":"x","value":1},{"name":"x","value":2}]}'`, 'failed', /twice/],
    [
      "with a label of Prometheus's own",
      `echo '{"metrics":[{"name":"x","value":1,"labels":{"__name__":"up"}}]}'`,
      'failed',
      /"__name__" is not a valid label name/,
    ],
    [
      'with a label of histograms',
      `echo '{"metrics":[{"name":"x","value":1,"labels":{"le":"1"}}]}'`,
      'failed',
      /label le, which only parts of a histogram/,
    ],
    ['endless', 'yes', 'flooded', /MONITOR_PLUGIN_FLOOD.*65536 are allowed/],
    ['endless errors', 'yes >&2', 'timed-out', /no answer within/],
    ['and fails', `echo '{"data":{}}'; echo no such disk >&2; exit 3`, 'failed', /MONITOR_PLUGIN_FAILED.*exit code 3.*no such disk/],
    ['never', 'sleep 1000', 'timed-out', /no answer within/],
    ['never, and it ignores signals', `trap '' TERM INT HUP; sleep 1000 & wait; sleep 1000`, 'timed-out', /no answer within/],
    [
      'with a thousand and one series',
      `printf '{"metrics":['; i=0; while [ $i -lt 1001 ]; do i=$((i+1)); printf '{"name":"x","value":1,"labels":{"i":"%s"}},' $i; done; echo '{"name":"y","value":1}]}'`,
      'failed',
      /MONITOR_PLUGIN_TOO_MANY_SERIES.*1002 series/,
    ],
  ];
  for (const [what, body, failure, problem] of cases) {
    test(what, async () => {
      using folder = createPluginFolder();
      folder.script('bad', body);
      folder.write('bad.yaml', 'timeout: 1.5\ninterval: 1\n');
      folder.script('good', `echo '{"data":{"fine":true}}'`);
      await using agent = await folder.start();
      const { trouble } = await agent.until('/2/report/default/bad', (report) => report.trouble !== undefined);
      assert.equal(trouble?.failure, failure);
      assert.match(trouble?.problem ?? '', problem);
      assert.ok((trouble?.problem.length ?? 0) < 3000);
      await agent.until('/2/report/default/good', ({ data }) => data['fine'] === true);
    });
  }

  test('what stands in no interpreter is said', async () => {
    using folder = createPluginFolder();
    folder.script('odd', '');
    folder.write('odd', '\u007fELF nonsense');
    await using agent = await folder.start();
    const { trouble } = await agent.until('/2/report/default/odd', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_FAILED/);
  });
});

test('the last good report stays while a program fails, and the program is asked less often', async () => {
  using folder = createPluginFolder();
  folder.script('once', `test -e ${folder.root}/broken && exit 1; echo '{"data":{"good":1},"metrics":[{"name":"kept","value":7}]}'`);
  folder.write('once.yaml', 'interval: 1\n');
  await using agent = await folder.start();
  await agent.until('/2/report/default/once', ({ data }) => data['good'] === 1);
  writeFileSync(join(folder.root, 'broken'), '');
  const { data } = await agent.until('/2/report/default/once', ({ trouble }) => (trouble?.attempts ?? 0) >= 1);
  assert.equal(data['good'], 1);
  assert.match(await agent.get('/metrics'), /^gantry_plugin_kept 7$/m);
});

describe('nothing is left of a program', () => {
  const ways: readonly (readonly [what: string, body: (sleeper: string) => string])[] = [
    [
      'that forks, leaves its group and ends',
      (sleeper) => `setsid ${sleeper} 1000 > /dev/null 2>&1 & ${sleeper} 1001 & echo '{"data":{}}'`,
    ],
    ['that forks and hangs', (sleeper) => `trap '' TERM; setsid setsid ${sleeper} 1000 & ${sleeper} 1001`],
    ['that floods', (sleeper) => `${sleeper} 1000 & yes`],
  ];
  for (const [what, body] of ways) {
    test(what, async () => {
      using folder = createPluginFolder();
      const sleeper = join(folder.root, 'sleeper');
      copyFileSync('/bin/sleep', sleeper);
      folder.script('forks', body(sleeper));
      folder.write('forks.yaml', 'timeout: 1\n');
      await using agent = await folder.start();
      await agent.until('/2/report/default/forks', ({ data, trouble }) => trouble !== undefined || !('error' in data));
      await untilGone(sleeper);
    });
  }

  test('when the agent ends', async () => {
    using folder = createPluginFolder();
    const sleeper = join(folder.root, 'sleeper');
    copyFileSync('/bin/sleep', sleeper);
    folder.script('stays', `setsid ${sleeper} 1000 & echo '{"data":{"up":1}}'; ${sleeper} 1001`);
    folder.write('stays.yaml', 'mode: stream\n');
    {
      await using agent = await folder.start();
      await agent.until('/2/report/default/stays', ({ data }) => data['up'] === 1);
      assert.equal(processesOf(sleeper).length > 0, true);
    }
    await untilGone(sleeper);
  });
});

describe('a long-running program', () => {
  test('gives the newest of its lines', async () => {
    using folder = createPluginFolder();
    folder.script('counts', `i=0; while :; do i=$((i+1)); echo "{\\"data\\":{\\"i\\":$i}}"; sleep 0.05; done`);
    folder.write('counts.yaml', 'mode: stream\ninterval: 1\n');
    await using agent = await folder.start();
    const first = await agent.until('/2/report/default/counts', ({ data }) => Number(data['i']) > 0);
    const later = await agent.until('/2/report/default/counts', ({ data }) => Number(data['i']) > Number(first.data['i']) + 5);
    assert.equal(later.trouble, undefined);
  });

  test('that ends is in trouble and is started again', async () => {
    using folder = createPluginFolder();
    folder.script('ends', `echo x >> ${folder.root}/runs 2> /dev/null; echo '{"data":{"up":1}}'; sleep 0.2; exit 4`);
    folder.write('ends.yaml', 'mode: stream\ninterval: 1\n');
    await using agent = await folder.start();
    const { trouble, data } = await agent.until('/2/report/default/ends', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_FAILED.*exit code 4/);
    assert.equal(data['up'], 1);
    await agent.until('/2/report/default/ends', (report) => report.trouble === undefined);
  });

  const faults: readonly (readonly [what: string, body: string, failure: string, problem: RegExp])[] = [
    ['that never says a line', 'printf half; sleep 1000', 'timed-out', /no answer/],
    ['that prints without an end', 'yes | tr -d "\\n"', 'flooded', /MONITOR_PLUGIN_FLOOD/],
    ['that prints lines without rest', `yes '{"data":{}}'`, 'flooded', /MONITOR_PLUGIN_FLOOD/],
    ['that says what is no report', 'while :; do echo hello; sleep 0.1; done', 'failed', /MONITOR_PLUGIN_REPORT_INVALID/],
    ['that falls silent', `echo '{"data":{}}'; sleep 1000`, 'failed', /MONITOR_PLUGIN_SILENT/],
  ];
  for (const [what, body, failure, problem] of faults) {
    test(what, async () => {
      using folder = createPluginFolder();
      folder.script('bad', body);
      folder.write('bad.yaml', 'mode: stream\ninterval: 1\ntimeout: 1\nmax_age: 1\n');
      await using agent = await folder.start();
      const { trouble } = await agent.until('/2/report/default/bad', (report) => report.trouble !== undefined);
      assert.equal(trouble?.failure, failure);
      assert.match(trouble?.problem ?? '', problem);
    });
  }
});

describe('the folder while the agent runs', () => {
  test('programs that come, change and go', async () => {
    using folder = createPluginFolder();
    folder.script('steady', `echo '{"data":{"here":1}}'`);
    await using agent = await folder.start();
    await agent.until('/2/report/default/steady', ({ data }) => data['here'] === 1);
    folder.script('new', `echo '{"data":{"v":1}}'`);
    await agent.until('/2/report/default/new', ({ data }) => data['v'] === 1);
    folder.script('new', `echo '{"data":{"v":22}}'`);
    await agent.until('/2/report/default/new', ({ data }) => data['v'] === 22);
    folder.write('new.yaml', 'category: storage\n');
    await agent.until('/2/report/storage/new', ({ data }) => data['v'] === 22);
    folder.write('new.yaml', 'category: attic\n');
    const broken = await agent.until('/2/report/default/new', ({ trouble }) => trouble !== undefined);
    assert.match(broken.trouble?.problem ?? '', /MONITOR_PLUGIN_MANIFEST_INVALID.*new\.yaml.*category/);
    rmSync(join(folder.directory, 'new'));
    rmSync(join(folder.directory, 'new.yaml'));
    for (let i = 0; i < 400 && (await agent.get('/1/list/collectors')).includes('"new"'); i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.deepEqual(JSON.parse(await agent.get('/2/list/collectors')), [
      ['plugins', 'daemon', 1],
      ['steady', 'default', 0],
    ]);
    assert.equal(JSON.parse(await agent.get('/2/report/default/steady')).trouble, undefined);
  });

  test('a program that changes while it runs: the run of before does not count', async () => {
    using folder = createPluginFolder();
    const sleeper = join(folder.root, 'sleeper');
    copyFileSync('/bin/sleep', sleeper);
    folder.script('long', `${sleeper} 5; echo '{"data":{"v":"old"}}'`);
    await using agent = await folder.start();
    for (let i = 0; i < 400 && processesOf(sleeper).length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
    rmSync(join(folder.directory, 'long'));
    folder.script('long', `echo '{"data":{"v":"new"}}'`);
    const { trouble } = await agent.until('/2/report/default/long', ({ data }) => data['v'] === 'new');
    assert.equal(trouble, undefined);
    await untilGone(sleeper);
  });

  test('that is removed has no plugins, and when it is back they are', async () => {
    using folder = createPluginFolder();
    folder.script('one', `echo '{"data":{"v":1}}'`);
    await using agent = await folder.start(300);
    await agent.until('/2/report/default/one', ({ data }) => data['v'] === 1);
    rmSync(folder.directory, { recursive: true });
    for (let i = 0; i < 400 && (await agent.get('/1/list/collectors')).includes('"one"'); i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.deepEqual(JSON.parse(await agent.get('/2/list/collectors')), [['plugins', 'daemon', 1]]);
    mkdirSync(folder.directory, { mode: 0o755 });
    folder.script('one', `echo '{"data":{"v":2}}'`);
    await agent.until('/2/report/default/one', ({ data }) => data['v'] === 2);
  });
});
