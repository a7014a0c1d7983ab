import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findConfinement } from '../../host/index.ts';
import { createPluginFolder } from '../testing/plugin-folder.ts';
import { openPluginCgroups, pluginCommand, sweepPluginCgroups, userOf } from './plugin-confinement.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { defaultManifest } from './read-manifest.ts';

const skip = process.getuid?.() !== 0 && 'only root can give up its privileges';

const definition: PluginDefinition = {
  name: 'x',
  path: '/etc/x',
  source: 'program',
  manifest: defaultManifest,
  granted: defaultManifest.needs,
  user: 'nobody',
};

/** What a plugin finds out about itself, printed as one report. */
const aboutItself = `
field() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
can_write() { (echo x > "$1") 2> /dev/null; test -s "$1" && echo yes || echo no; }
cat << END
{"data":{"user":"$(id -un)","groups":"$(id -Gn)","effective":"$(field CapEff)","bounding":"$(field CapBnd)","noNewPrivs":"$(field NoNewPrivs)",
"processes":$(ls /proc | grep -c '^[0-9]'),"networks":"$(sed -n 's/^ *\\([^:]*\\):.*/\\1/p' /proc/net/dev | tr '\\n' ' ')",
"variables":"$(env | cut -d= -f1 | sort | tr '\\n' ' ')","folder":"$(pwd)","files":"$(ulimit -n)","space":"$(ulimit -v)",
"wrote":"$(can_write "ROOT/written")","wroteTemporary":"$(can_write /tmp/gantry-plugin-test-$$)"}}
END
rm -f /tmp/gantry-plugin-test-$$
`;

test('a program has no privileges, an empty network, a clean environment, and sees only itself', { skip }, async () => {
  using folder = createPluginFolder();
  folder.script('self', aboutItself.replace('ROOT', folder.root));
  await using agent = await folder.start();
  const { data } = await agent.until('/2/report/default/self', (report) => 'user' in report.data);
  const { processes, space, ...rest } = data as Record<string, string | number>;
  assert.deepEqual(rest, {
    user: 'nobody',
    groups: 'nogroup',
    effective: '0000000000000000',
    bounding: '0000000000000000',
    noNewPrivs: '1',
    networks: 'lo ',
    variables: 'GANTRY_INTERVAL GANTRY_PLUGIN LANG LC_ALL PATH PWD ',
    folder: '/',
    files: '64',
    wrote: 'no',
    wroteTemporary: 'no',
  });
  assert.ok(Number(processes) < 10);
  assert.equal(space, String(1024 * 1024));
});

describe('more than that', { skip }, () => {
  const manifest = 'needs: {groups: [disk], capabilities: [sys_rawio], network: true}\n';

  test('is refused when the operator has not granted it', async () => {
    using folder = createPluginFolder();
    folder.script('self', aboutItself);
    folder.write('self.yaml', manifest);
    writeFileSync(folder.settings, 'grants: {self: {groups: [disk]}, other: {capabilities: [sys_rawio], network: true}}\n');
    await using agent = await folder.start();
    const { trouble } = await agent.until('/2/report/default/self', (report) => report.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_NOT_GRANTED.*capability sys_rawio, network\./);
  });

  test('is given when manifest and operator both say so, and no more; and taken back', async () => {
    using folder = createPluginFolder();
    folder.script('self', aboutItself.replace('ROOT', folder.root));
    folder.write('self.yaml', manifest);
    writeFileSync(
      folder.settings,
      'user: daemon\ngrants: {self: {groups: [disk, kmem], capabilities: [sys_rawio, sys_admin], network: true}}\n',
    );
    await using agent = await folder.start(500);
    const { data } = await agent.until('/2/report/default/self', (report) => 'user' in report.data);
    assert.deepEqual(
      [data['user'], data['groups'], data['effective'], data['bounding']],
      ['daemon', 'daemon disk', '0000000000020000', '0000000000020000'],
    );
    assert.equal(
      data['networks'],
      readFileSync('/proc/net/dev', 'utf8')
        .split('\n')
        .slice(2, -1)
        .map((line) => `${line.split(':')[0]?.trim()} `)
        .join(''),
    );
    rmSync(folder.settings);
    await agent.until('/2/report/default/self', ({ trouble }) => trouble?.problem.includes('MONITOR_PLUGIN_NOT_GRANTED') === true);
  });

  test('no program is run by settings that are broken or not trusted', async () => {
    using folder = createPluginFolder();
    folder.script('self', 'true');
    folder.write('file.prom', 'a 1\n');
    writeFileSync(folder.settings, 'usre: daemon\n');
    await using agent = await folder.start(300);
    await agent.until('/2/report/default/self', ({ trouble }) => trouble?.problem.includes('MONITOR_PLUGIN_SETTINGS_INVALID') === true);
    await agent.until('/2/report/default/file', ({ data }) => 'families' in data);
    writeFileSync(folder.settings, 'user: daemon\n');
    chmodSync(folder.settings, 0o666);
    await agent.until('/2/report/default/self', ({ trouble }) => trouble?.problem.includes('MONITOR_PLUGIN_UNSAFE') === true);
  });
});

test('memory and processes of a program together have limits', { skip: skip || (openPluginCgroups().missing ?? false) }, async () => {
  using folder = createPluginFolder();
  folder.script('eats', `kept=$(head -c 200M /dev/zero | tail -c 150M | wc -c); echo "{\\"data\\":{\\"kept\\":$kept}}"`);
  folder.write('eats.yaml', 'limits: {memory: 24}\n');
  folder.script('forks', `i=0; while [ $i -lt 50 ]; do sleep 100 & i=$((i+1)); done; echo '{"data":{}}'`);
  folder.write('forks.yaml', 'limits: {processes: 10}\n');
  await using agent = await folder.start();
  const eats = await agent.until('/2/report/default/eats', ({ data, trouble }) => 'kept' in data || trouble !== undefined);
  assert.equal(eats.data['kept'], 0, 'what kept it was killed');
  const forks = await agent.until('/2/report/default/forks', ({ trouble }) => trouble !== undefined);
  assert.match(forks.trouble?.problem ?? '', /MONITOR_PLUGIN_FAILED.*fork/i);
});

test('nothing is left of plugins when the agent is killed', { skip }, async () => {
  using folder = createPluginFolder();
  const sleeper = join(folder.root, 'sleeper');
  copyFileSync('/bin/sleep', sleeper);
  folder.script('stays', `setsid ${sleeper} 1000 & ${sleeper} 1001`);
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const agent = spawn(process.execPath, [
    main,
    'monitor',
    '--listen',
    '127.0.0.1:0',
    '--plugins',
    folder.directory,
    '--plugin-settings',
    folder.settings,
  ]);
  const sleepers = () => spawnSync('pgrep', ['-f', sleeper], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).length;
  const until = async (count: number) => {
    for (let i = 0; i < 400 && (count === 0 ? sleepers() > 0 : sleepers() < count); i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
  };
  try {
    await until(2);
    assert.ok(sleepers() >= 2);
    agent.kill('SIGKILL');
    await until(0);
    assert.equal(sleepers(), 0);
  } finally {
    agent.kill('SIGKILL');
  }
});

describe('the command', () => {
  test('gives up everything step by step, as root', () => {
    const command = pluginCommand(definition, {
      root: true,
      namespaces: ['--pid', '--fork'],
      network: true,
      sandbox: false,
      endsWhole: true,
      tools: new Set(['setpriv', 'prlimit', 'unshare']),
      missing: [],
    });
    assert.equal(command.at(-1), '/etc/x');
    const [first, second, third] = [command.indexOf('unshare'), command.lastIndexOf('setpriv'), command.indexOf('prlimit')];
    assert.ok(0 < (first ?? 0) && (first ?? 0) < (second ?? 0) && (second ?? 0) < (third ?? 0));
    for (const option of ['--net', '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--fsize=0', '--core=0'])
      assert.ok(command.includes(option), option);
    assert.ok(!command.some((word) => word.endsWith('sh')));
  });

  test('without the tools is the plugin alone, and what is missing is said', () => {
    const confinement = {
      root: false,
      namespaces: [],
      network: false,
      sandbox: false,
      endsWhole: false,
      tools: new Set<string>(),
      missing: [],
    };
    assert.deepEqual(pluginCommand(definition, confinement), ['/etc/x']);
    assert.equal(userOf(definition, confinement), undefined);
  });

  test('that this host allows is found out', async () => {
    const { tools, namespaces, missing, endsWhole } = await findConfinement();
    assert.ok(tools.has('setpriv'));
    assert.equal(endsWhole, namespaces.includes('--pid'));
    assert.equal(
      missing.some((text) => text.startsWith('seeing')),
      !endsWhole,
    );
  });
});

describe('control groups', () => {
  function fakeMount(files: readonly string[]): string {
    const mount = mkdtempSync(join(tmpdir(), 'gantry-cgroup-'));
    for (const file of files) {
      mkdirSync(join(mount, file, '..'), { recursive: true });
      writeFileSync(join(mount, file), '');
    }
    return mount;
  }

  test('of version 2 have their limits', () => {
    const mount = fakeMount(['cgroup.controllers']);
    const groups = openPluginCgroups(mount, '1-1');
    assert.equal(groups.missing, undefined);
    const group = groups.make('x', { ...defaultManifest.limits, memory: 10, processes: 3 });
    const folder = join(mount, 'gantry-plugins-1-1/x');
    assert.deepEqual(readdirSync(folder).sort(), ['memory.max', 'pids.max']);
    assert.deepEqual([readFileSync(join(folder, 'memory.max'), 'utf8'), readFileSync(join(folder, 'pids.max'), 'utf8')], ['10485760', '3']);
    assert.equal(readFileSync(join(mount, 'gantry-plugins-1-1/cgroup.subtree_control'), 'utf8'), '+memory +pids');
    writeFileSync(join(folder, 'cgroup.kill'), '');
    group?.kill();
    assert.equal(readFileSync(join(folder, 'cgroup.kill'), 'utf8'), '1');
    const child = spawn('sleep', ['100'], { detached: true });
    group?.enter(child.pid ?? 0);
    child.kill();
    assert.equal(readFileSync(join(folder, 'cgroup.procs'), 'utf8'), String(child.pid));
    rmSync(mount, { recursive: true });
  });

  test('of version 1 are one for each controller, and those of agents that were killed are removed', () => {
    const mount = fakeMount(['pids/tasks', 'memory/tasks']);
    // One whose number nobody has, and one whose number another process has by now.
    const left = ['pids/gantry-plugins-999999999-7', `pids/gantry-plugins-${process.pid}-7`];
    for (const path of left) mkdirSync(join(mount, path, 'old'), { recursive: true });
    const other = openPluginCgroups(mount);
    const group = openPluginCgroups(mount, '1-1').make('x', defaultManifest.limits);
    assert.equal(other.missing, undefined);
    assert.equal(readFileSync(join(mount, `memory/gantry-plugins-1-1/x/memory.limit_in_bytes`), 'utf8'), String(128 * 1024 * 1024));
    assert.deepEqual(
      left.filter((path) => existsSync(join(mount, path))),
      [],
    );
    // That of an agent which runs stays.
    assert.equal(readdirSync(join(mount, 'pids')).filter((name) => name.startsWith(`gantry-plugins-${process.pid}-`)).length, 1);
    sweepPluginCgroups(mount);
    assert.deepEqual(
      readdirSync(join(mount, 'pids')).filter((name) => name.includes(String(process.pid))),
      [],
    );
    group?.remove();
    rmSync(mount, { recursive: true });
  });

  test('that cannot be made are said to be missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-cgroups-'));
    const groups = openPluginCgroups(join(folder, 'none'));
    assert.match(groups.missing ?? '', /memory and processes.*ENOENT/);
    assert.equal(groups.make('x', defaultManifest.limits), undefined);
    rmSync(folder, { recursive: true });
  });
});
