import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Default } from 'typebox/value';
import type { FamilyHead } from '../../base/index.ts';
import { type Confinement, sandboxArguments } from '../../host/index.ts';
import { createMetricOwners, exposePlugin, type PluginData } from './expose-plugin.ts';
import { namesOfFamily, sharedName } from './family-names.ts';
import type { TextFamily, TextSample } from './parse-prometheus-text.ts';
import { parseReport } from './parse-report.ts';
import { openPluginCgroups, pluginCommand, pluginEnvironment, programOf } from './plugin-confinement.ts';
import type { PluginDefinition } from './plugin-definition.ts';
import { type Manifest, ManifestSchema, type PluginSettings } from './plugin-schemas.ts';
import type { CurrentSettings } from './plugin-settings-source.ts';
import { readManifest, readPluginSettings } from './read-manifest.ts';
import { scanPlugins } from './scan-plugins.ts';

const scratch = mkdtempSync(join(tmpdir(), 'gantry-parts-'));
after(() => rmSync(scratch, { recursive: true }));

let folders = 0;
function folder(files: Readonly<Record<string, string>> = {}): string {
  const path = join(scratch, String(folders++));
  mkdirSync(path, { mode: 0o755 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o644 });
  return path;
}

const manifestOf = (more: object = {}): Manifest => Default(ManifestSchema, more) as Manifest;
const plugin = (manifest: object = {}, more: Partial<PluginDefinition> = {}): PluginDefinition => {
  const whole = manifestOf(manifest);
  return { name: 'rack', path: '/etc/rack', source: 'program', manifest: whole, granted: whole.needs, user: undefined, ...more };
};

describe('a report', () => {
  const read = (value: unknown, manifest: object = {}) =>
    parseReport(plugin(manifest), Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

  test('has its data, beside them its status and its metrics', () => {
    const status = { code: 1, message: 'mending' };
    const metrics = [{ name: 'row', value: 5 }];
    assert.deepEqual(read({ data: { row: 5 } }), { row: 5 });
    assert.deepEqual(read({ data: { row: 5 }, status, metrics }, { kind: 'status' }), { row: 5, status, metrics });
    assert.deepEqual(read({ metrics }), { metrics });
  });

  const refused: readonly (readonly [value: unknown, problem: RegExp, manifest?: object])[] = [
    ['', /it is empty/],
    ['{"data":', /it is not JSON \(.*\)/],
    ['[]', /it must be object/],
    ['{}', /it must not have fewer than 1 properties/],
    [{ data: { status: 1 } }, /"status" is not allowed in data/],
    [{ data: { metrics: 1 } }, /"metrics" is not allowed in data/],
    [{ data: { families: 1 } }, /"families" is not allowed in data/],
    [{ data: {}, more: 1 }, /"more" is not known in it/],
    [{ data: {} }, /"status" is missing, although its kind is status/, { kind: 'status' }],
    [{ status: { code: 0, message: '' } }, /it has a status, although its kind is performance/],
    [{ status: { code: 3, message: '' } }, /status\.code is not one of the allowed values/, { kind: 'status' }],
    [{ status: { code: 0 } }, /"message" is missing in status/, { kind: 'status' }],
    [{ metrics: [{ name: 'a' }] }, /"value" is missing in metrics\.0/],
    [{ metrics: [{ name: 'a b', value: 1 }] }, /metrics\.0\.name must match pattern/],
    [{ metrics: [{ name: 'a', value: 1, labels: { __x: 'y' } }] }, /"__x" is not a valid label name in metrics\.0\.labels/],
  ];
  for (const [value, problem, manifest] of refused) {
    test(`that is refused: ${JSON.stringify(value)}`, () => {
      assert.throws(() => read(value, manifest), { code: 'MONITOR_PLUGIN_REPORT_INVALID', message: problem });
    });
  }

  test('that is no text says so, and what it quotes steers nothing', () => {
    assert.throws(() => parseReport(plugin(), Buffer.from([0xff, 0xfe])), { message: /it is not text in UTF-8/ });
    assert.throws(() => read('\u001b[2J'), { message: /^[\x20-\x7e]*$/ });
  });
});

describe('metrics', () => {
  const lines = (data: PluginData, manifest: object = {}) =>
    exposePlugin(plugin(manifest), data).map(({ head, text }) => [head?.name, head?.type, head?.help, head?.unit, text]);

  test('without a manifest are gauges, with their labels by name', () => {
    const metrics: PluginData['metrics'] = [
      { name: 'fans', value: 1, labels: { slot: '2', room: 'a"b' } },
      { name: 'heat', value: Number.NaN },
      { name: 'fans', value: 3, labels: { slot: '1' } },
    ];
    assert.deepEqual(lines({ metrics }), [
      [
        'gantry_plugin_fans',
        'gauge',
        'Of plugin rack.',
        undefined,
        'gantry_plugin_fans{room="a\\"b",slot="2"} 1\ngantry_plugin_fans{slot="1"} 3\n',
      ],
      ['gantry_plugin_heat', 'gauge', 'Of plugin rack.', undefined, 'gantry_plugin_heat NaN\n'],
    ]);
  });

  test('of a manifest have their type, their unit and all their labels', () => {
    const metrics = [
      { name: 'read_bytes', type: 'counter', unit: 'bytes', help: 'Read.', labels: ['disk', 'kind'] },
      { name: 'model', type: 'info', help: 'Model.', labels: [] },
    ];
    const told = [
      { name: 'read_bytes', value: 7, labels: { kind: 'x' } },
      { name: 'model', value: 1 },
    ];
    assert.deepEqual(lines({ metrics: told }, { metrics }), [
      ['gantry_plugin_read_bytes', 'counter', 'Read.', 'bytes', 'gantry_plugin_read_bytes_total{disk="",kind="x"} 7\n'],
      ['gantry_plugin_model', 'info', 'Model.', undefined, 'gantry_plugin_model_info 1\n'],
    ]);
    for (const [sample, problem] of [
      [{ name: 'other', value: 1 }, /the metric other is not in the manifest/],
      [{ name: 'model', value: 1, labels: { disk: 'a' } }, /the metric model has the label disk, which is not in the manifest/],
    ] as const)
      assert.throws(() => lines({ metrics: [sample] }, { metrics }), { code: 'MONITOR_PLUGIN_REPORT_INVALID', message: problem });
  });

  test('that cannot be are refused', () => {
    for (const [metrics, problem] of [
      [
        [
          { name: 'a', value: 1 },
          { name: 'a', value: 2 },
        ],
        /the metric a occurs twice with the labels \(none\)/,
      ],
      [
        [
          { name: 'a', value: 1, labels: { x: '' } },
          { name: 'a', value: 2 },
        ],
        /the metric a occurs twice with the labels \(none\)/,
      ],
      [
        [
          { name: 'a', value: 1, labels: { x: '1' } },
          { name: 'a', value: 2, labels: { x: '1' } },
        ],
        /twice with the labels \{x="1"\}/,
      ],
      [
        [
          { name: 'a', value: 1, labels: { x: '\ud800' } },
          { name: 'a', value: 2, labels: { x: '\ud801' } },
        ],
        /twice with the labels/,
      ],
      [[{ name: 'a', value: 1, labels: { le: '1' } }], /the label le, which only parts of a histogram have/],
      [[{ name: 'a_total', value: 1 }], /a_total has an ending that is allowed only for metrics in a manifest/],
      [[{ name: 'a_info', value: 1 }], /a_info has an ending/],
    ] as const)
      assert.throws(() => lines({ metrics }), { message: problem });
    assert.equal(
      lines({
        metrics: [
          { name: 'a', value: 1, labels: { x: '1' } },
          { name: 'a', value: 2 },
        ],
      }).length,
      1,
    );
  });

  test('of a file in Prometheus format stand as they are', () => {
    const samples: TextSample[] = [
      { name: 'a_total', labels: { x: '1' }, value: 5 },
      { name: 'a_total', labels: {}, value: '+Inf' },
    ];
    const named: TextFamily = { name: 'a', type: 'counter', help: 'A.', samples };
    const unnamed: TextFamily = { name: 'b', type: 'gauge', help: '', samples: [] };
    assert.deepEqual(lines({ families: [named, unnamed] }), [
      ['a', 'counter', 'A.', undefined, 'a_total{x="1"} 5\na_total +Inf\n'],
      ['b', 'gauge', 'Of plugin rack.', undefined, ''],
    ]);
  });

  test('belong to one plugin each, until it gives them up', () => {
    const owners = createMetricOwners(['gantry_own']);
    const head = (name: string, type: FamilyHead['type'] = 'gauge'): FamilyHead => ({ name, type, help: '' });
    owners.claim('one', [head('a'), head('b', 'counter')]);
    owners.claim('one', [head('b', 'counter')]);
    owners.claim('two', [head('a')]);
    assert.throws(() => owners.claim('two', [head('c'), head('b_total')]), {
      code: 'MONITOR_PLUGIN_METRIC_CLASH',
      facts: { name: 'two', metric: 'b_total', owner: 'one' },
    });
    assert.throws(
      () => owners.claim('one', [head('a')]),
      { facts: { name: 'one', metric: 'a', owner: 'two' } },
      'a refused claim changes nothing',
    );
    assert.throws(() => owners.claim('one', [head('gantry_own')]), { facts: { name: 'one', metric: 'gantry_own', owner: 'the agent' } });
    owners.release('two');
    owners.claim('one', [head('a')]);
  });

  test('take up the names of their samples', () => {
    assert.deepEqual(namesOfFamily({ name: 'a', type: 'histogram' }), ['a', 'a_bucket', 'a_sum', 'a_count', 'a_created']);
    assert.equal(
      sharedName([
        { name: 'a', type: 'summary' },
        { name: 'a_sum', type: 'gauge' },
      ]),
      'a_sum',
    );
    assert.equal(
      sharedName([
        { name: 'a', type: 'gauge' },
        { name: 'a_sum', type: 'gauge' },
      ]),
      undefined,
    );
  });
});

describe('a manifest', () => {
  const read = async (text: string) => {
    const path = join(folder({ 'x.yaml': text }), 'x.yaml');
    return readManifest(path, path);
  };

  test('has defaults for all that it leaves out', async () => {
    assert.deepEqual(await read(''), manifestOf());
    const { interval, timeout, limits, needs } = await read('interval: 5\nlimits: { memory: 8 }\nneeds: { network: true }\n');
    assert.deepEqual([interval, timeout, limits.memory, limits.processes, needs.network, needs.groups], [5, 10, 8, 32, true, []]);
  });

  for (const [text, problem] of [
    ['interval: [', /Flow sequence/],
    ['intreval: 5', /"intreval" is not known in it/],
    ['interval: 0', /interval must be >= 1/],
    ['limits: { memroy: 5 }', /"memroy" is not known in limits/],
    ['a: &a 1\nhelp: *a', /alias/i],
    ['metrics: [{ name: a, help: x }, { name: a, help: y }]', /the metric a occurs twice/],
    ['metrics: [{ name: a_total, help: x }]', /the metric a_total has an ending that Prometheus adds automatically/],
    ['metrics: [{ name: a_bytes, unit: seconds, help: x }]', /the metric a_bytes does not end with its unit, _seconds/],
    ['metrics: [{ name: a, help: x, labels: [quantile] }]', /the metric a has the label quantile, which only parts of a summary have/],
  ] as const) {
    test(`that is refused: ${JSON.stringify(text)}`, () =>
      assert.rejects(read(text), { code: 'MONITOR_PLUGIN_MANIFEST_INVALID', message: problem }));
  }

  test('may be as long as is needed, and no longer; settings have an error of their own', async () => {
    assert.equal((await read(`# ${'x'.repeat(64 * 1024 - 20)}\ninterval: 7\n`)).interval, 7);
    await assert.rejects(read(`# ${'x'.repeat(64 * 1024)}\n`), { message: /it is longer than 65536 bytes/ });
    const path = join(folder({ 'p.yaml': 'usre: x\n' }), 'p.yaml');
    await assert.rejects(readPluginSettings(path, path), { code: 'MONITOR_PLUGIN_SETTINGS_INVALID', message: /"usre" is not known in it/ });
  });
});

describe('a folder of plugins', () => {
  const current = (settings: Partial<PluginSettings> = {}, more: Partial<CurrentSettings> = {}): CurrentSettings => ({
    path: '/etc/plugins.yaml',
    revision: 'r1',
    settings: { grants: {}, ...settings },
    unusable: false,
    ...more,
  });
  const scan = async (directory: string, settings = current(), only?: string) =>
    (await scanPlugins({ directory, reserved: ['cpu'] }, settings, only)).map(({ name, path, definition, problem }) => [
      name ?? null,
      path.slice(directory.length + 1),
      definition?.source ?? (problem as { code?: string }).code,
    ]);

  test('has files of each kind, and what is for people is passed over', async () => {
    const directory = folder({
      'a.prom': '',
      'b.report': '',
      'c.sh': '',
      'd.txt': '',
      README: '',
      '.x': '',
      'e~': '',
      'f.bak': '',
      'g.md': '',
      'h.dpkg-new': '',
    });
    chmodSync(join(directory, 'c.sh'), 0o755);
    mkdirSync(join(directory, 'sub'));
    assert.deepEqual(await scan(directory), [
      ['a', 'a.prom', 'prometheus-file'],
      ['b', 'b.report', 'report-file'],
      ['c', 'c.sh', 'program'],
      ['d', 'd.txt', 'MONITOR_PLUGIN_KIND'],
      ['sub', 'sub', 'MONITOR_PLUGIN_KIND'],
    ]);
    assert.deepEqual(await scan(directory, current(), 'b'), [['b', 'b.report', 'report-file']]);
    assert.deepEqual(await scan(join(directory, 'none')), []);
    await assert.rejects(scan(join(directory, 'a.prom')), { code: 'ENOTDIR' });
  });

  test('with names that cannot be', async () => {
    const directory = folder({
      'cpu.prom': '',
      '1a.prom': '',
      'x_y.prom': '',
      [`${'a'.repeat(63)}.prom`]: '',
      [`${'b'.repeat(64)}.prom`]: '',
      'two.prom': '',
      'two.report': '',
      'm.prom': '',
      'm.yaml': '',
      'm.json': '{}',
    });
    const found = await scanPlugins({ directory, reserved: ['cpu'] }, current());
    const told = found.map(({ name, problem }) => [name ?? null, problem?.message.replace(/^.*?: /, '') ?? 'good'] as const);
    const problemOf = (text: string) => found.find(({ path }) => path.includes(text))?.problem?.message ?? '';
    assert.deepEqual(
      told.filter(([, problem]) => problem === 'good'),
      [['a'.repeat(63), 'good']],
    );
    assert.match(problemOf('cpu'), /a collector of the agent has this name/);
    for (const bad of ['1a', 'x_y', 'b'.repeat(64)]) assert.match(problemOf(bad), /it has characters that are not allowed, or is too long/);
    assert.match(problemOf('two'), /two\.prom and two\.report both have this name/);
    assert.match(problemOf('m.prom'), /there are two manifests, m\.json and m\.yaml/);
    assert.deepEqual(found.filter(({ name }) => name === undefined).length, 4);
  });

  test('a manifest alone needs a socket, and a file beside it must have none', async () => {
    const directory = folder({
      'a.yaml': 'socket: /run/x\n',
      'b.yaml': '',
      'c.prom': '',
      'c.yaml': 'socket: /run/x\n',
      'd.prom': '',
      'd.yaml': 'interval: 0\n',
    });
    assert.deepEqual(await scan(directory), [
      ['a', 'a.yaml', 'socket'],
      ['b', 'b.yaml', 'MONITOR_PLUGIN_KIND'],
      ['c', 'c.prom', 'MONITOR_PLUGIN_KIND'],
      ['d', 'd.prom', 'MONITOR_PLUGIN_MANIFEST_INVALID'],
    ]);
    const [socket] = await scanPlugins({ directory, reserved: [] }, current());
    assert.equal(socket?.definition?.path, '/run/x');
  });

  test('a program gets what it needs when all of it is granted', async () => {
    const directory = folder({
      'x.yaml': 'needs: { groups: [disk, kvm], capabilities: [sys_rawio], network: true, devices: true }\n',
      x: '',
    });
    chmodSync(join(directory, 'x'), 0o755);
    const grants = (grant: object) =>
      current({ grants: { x: { groups: [], capabilities: [], network: false, devices: false, ...grant } } });
    const problem = async (settings: CurrentSettings) =>
      (await scanPlugins({ directory, reserved: [] }, settings))[0]?.problem?.message ?? 'good';
    assert.match(await problem(current()), /group disk, group kvm, capability sys_rawio, network, devices/);
    assert.match(await problem(grants({ groups: ['disk'], capabilities: ['sys_rawio'], network: true })), /: group kvm, devices/);
    assert.match(await problem(grants({ groups: ['kvm', 'disk'], capabilities: ['sys_rawio'], devices: true })), /: network/);
    const all = { groups: ['disk', 'kvm', 'tty'], capabilities: ['sys_rawio', 'sys_admin'], network: true, devices: true };
    const granted = (await scanPlugins({ directory, reserved: [] }, grants(all)))[0];
    if (granted?.definition)
      assert.deepEqual(granted.definition.granted, { groups: ['disk', 'kvm'], capabilities: ['sys_rawio'], network: true, devices: true });
    else assert.match(granted?.problem?.message ?? '', /group/, 'a host without one of the groups');
    assert.match(await problem(current({}, { unusable: true, problem: new Error('spoilt') })), /^spoilt$/);
    assert.match(
      await problem(current({}, { unusable: false, problem: new Error('spoilt') })),
      /group disk/,
      'what held before still holds',
    );
  });

  test('its revision changes with settings, manifest and program, and not with what a file says', async () => {
    const directory = folder({ 'a.prom': '', x: '', 'x.yaml': '' });
    chmodSync(join(directory, 'x'), 0o755);
    const revisions = async (settings = current()) =>
      (await scanPlugins({ directory, reserved: [] }, settings)).map(({ revision }) => revision);
    const [file, program] = await revisions();
    writeFileSync(join(directory, 'a.prom'), 'a 1\n');
    assert.deepEqual(await revisions(), [file, program]);
    writeFileSync(join(directory, 'x.yaml'), 'interval: 9\n');
    const [, changed] = await revisions();
    assert.notEqual(changed, program);
    chmodSync(join(directory, 'a.prom'), 0o600);
    assert.notEqual((await revisions())[0], file);
    const [other] = await revisions(current({}, { revision: 'r2' }));
    assert.ok(other?.startsWith('r2;'));
  });
});

describe('confinement', () => {
  const confinement = (more: Partial<Confinement> = {}): Confinement => ({
    root: false,
    namespaces: ['--user', '--map-current-user', '--pid', '--fork'],
    network: true,
    sandbox: false,
    endsWhole: true,
    tools: new Set(['setpriv', 'prlimit', 'unshare']),
    missing: [],
    ...more,
  });

  test('each step gives up more; what the host lacks is left out', () => {
    const limits = { address_space: 16, processes: 3, open_files: 9, file_size: 2, cpu_seconds: 7 };
    const command = pluginCommand(plugin({ limits }), confinement()).join(' ');
    assert.equal(
      command,
      'setpriv --pdeathsig KILL -- unshare --user --map-current-user --pid --fork --net -- setpriv --pdeathsig KILL --no-new-privs -- ' +
        `prlimit --as=${16 * 1024 * 1024} --nproc=259 --nofile=9 --fsize=${2 * 1024 * 1024} --cpu=7 --core=0 -- /etc/rack`,
    );
    const network = plugin({ needs: { network: true } });
    assert.ok(!pluginCommand(network, confinement()).includes('--net'));
    assert.ok(!pluginCommand(plugin(), confinement({ network: false })).includes('--net'));
    assert.ok(!pluginCommand(plugin({ mode: 'stream' }), confinement()).some((word) => word.startsWith('--cpu')));
    assert.deepEqual(pluginCommand(plugin(), confinement({ tools: new Set(), namespaces: [], network: false })), ['/etc/rack']);
    assert.deepEqual(pluginCommand(plugin({ needs: { network: true } }), confinement({ tools: new Set(), namespaces: [] })), ['/etc/rack']);
  });

  test('an agent that is root gives up user, groups and capabilities', () => {
    const words = (more: Partial<PluginDefinition>, needs: object = {}) =>
      pluginCommand(plugin({ needs }, { user: 'root', ...more }), confinement({ root: true }));
    const own = words({});
    for (const word of ['--reuid=0', '--regid=0', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'])
      assert.ok(own.includes(word), word);
    assert.ok(!own.some((word) => word.startsWith('--ambient-caps')));
    const more = words({}, { groups: ['root', 'daemon'], capabilities: ['sys_rawio', 'chown'] });
    for (const word of [
      '--groups=0,1',
      '--inh-caps=-all,+sys_rawio,+chown',
      '--bounding-set=-all,+sys_rawio,+chown',
      '--ambient-caps=-all,+sys_rawio,+chown',
    ])
      assert.ok(more.includes(word), word);
    assert.throws(() => words({ user: 'no-such-user' }), { code: 'MONITOR_PLUGIN_USER_MISSING' });
    assert.throws(() => words({}, { groups: ['no-such-group'] }), { code: 'MONITOR_PLUGIN_GROUP_MISSING' });
  });

  test('a sandbox is for reading, with devices of its own, unless more is granted', () => {
    const has = (definition: PluginDefinition, ...words: string[]) =>
      ` ${sandboxArguments(programOf(definition, confinement()), false).join(' ')} `.includes(` ${words.join(' ')} `);
    assert.ok(has(plugin(), '--ro-bind', '/', '/') && has(plugin(), '--dev', '/dev') && has(plugin(), '--proc', '/proc'));
    assert.ok(has(plugin({ limits: { file_size: 1 } }), '--bind', '/', '/'));
    for (const needs of [{ devices: true }, { groups: ['disk'] }, { capabilities: ['chown'] }]) {
      assert.ok(has(plugin({ needs }), '--dev-bind', '/dev', '/dev'), JSON.stringify(needs));
      assert.ok(!has(plugin({ needs }), '--dev', '/dev'));
    }
    assert.ok(!has(plugin({ needs: { network: true } }), '--dev-bind', '/dev', '/dev'));
    assert.ok(has(plugin({ limits: { memory: 8 } }), '--perms', '1777', '--size', String(8 * 1024 * 1024), '--tmpfs', '/tmp'));
    assert.ok(has(plugin({}, { path: '/tmp/a/b/rack' }), '--perms', '0755', '--dir', '/tmp/a', '--ro-bind', '/tmp/a/b', '/tmp/a/b'));
    assert.ok(!has(plugin({}, { path: '/tmpfoo/rack' }), '--ro-bind', '/tmpfoo', '/tmpfoo'));
    const root = sandboxArguments(programOf(plugin({ needs: { capabilities: ['chown'] } }), confinement()), true).join(' ');
    assert.ok(root.startsWith('--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP --cap-add CAP_CHOWN '));
    assert.ok(!sandboxArguments(programOf(plugin(), confinement()), false).includes('--cap-drop'));
  });

  test('its environment is small', () => {
    const { GANTRY_PLUGIN, GANTRY_INTERVAL, ...others } = pluginEnvironment(plugin({ interval: 7 }));
    assert.deepEqual([GANTRY_PLUGIN, GANTRY_INTERVAL, Object.keys(others).sort()], ['rack', '7', ['LANG', 'LC_ALL', 'PATH']]);
  });
});

describe('control groups', () => {
  const { limits } = manifestOf({ limits: { memory: 8, processes: 5 } });

  test('of version 2 have all limits in one folder', () => {
    const mount = folder({ 'cgroup.controllers': '' });
    mkdirSync(join(mount, 'gantry-plugins-999999999-1', 'old'), { recursive: true });
    mkdirSync(join(mount, 'other-plugins-999999999-1'));
    const groups = openPluginCgroups(mount, '7-7');
    assert.equal(groups.missing, undefined);
    assert.deepEqual(readdirSync(mount).sort(), [
      'cgroup.controllers',
      'cgroup.subtree_control',
      'gantry-plugins-7-7',
      'other-plugins-999999999-1',
    ]);
    for (const place of [mount, join(mount, 'gantry-plugins-7-7')])
      assert.equal(readFileSync(join(place, 'cgroup.subtree_control'), 'utf8'), '+memory +pids');
    const group = groups.make('rack', limits);
    const path = join(mount, 'gantry-plugins-7-7', 'rack');
    assert.equal(readFileSync(join(path, 'memory.max'), 'utf8'), String(8 * 1024 * 1024));
    assert.equal(readFileSync(join(path, 'pids.max'), 'utf8'), '5');
    assert.equal(existsSync(join(path, 'memory.swap.max')), false, 'the kernel has no such file here');
    writeFileSync(join(path, 'memory.swap.max'), '');
    groups.make('rack', limits);
    assert.equal(readFileSync(join(path, 'memory.swap.max'), 'utf8'), '0');
    writeFileSync(join(path, 'cgroup.kill'), '');
    group?.kill();
    assert.equal(readFileSync(join(path, 'cgroup.kill'), 'utf8'), '1');
  });

  test('of version 1 have a folder for each controller', () => {
    const mount = folder();
    for (const controller of ['pids', 'memory']) mkdirSync(join(mount, controller));
    const groups = openPluginCgroups(mount, '7-7');
    groups.make('rack', limits);
    const file = (controller: string, name: string) => readFileSync(join(mount, controller, 'gantry-plugins-7-7', 'rack', name), 'utf8');
    assert.deepEqual([file('memory', 'memory.limit_in_bytes'), file('pids', 'pids.max')], [String(8 * 1024 * 1024), '5']);
    for (const [controller, name] of [
      ['memory', 'memory.limit_in_bytes'],
      ['pids', 'pids.max'],
    ] as const)
      rmSync(join(mount, controller, 'gantry-plugins-7-7', 'rack', name));
    groups.make('rack', limits)?.remove();
    groups.close();
    assert.ok(existsSync(join(mount, 'pids', 'gantry-plugins-7-7', 'rack', 'pids.max')), 'what is not empty stays');
  });

  test('that cannot be made are told, and missed by nobody', () => {
    const groups = openPluginCgroups(join(scratch, 'none'), '7-7');
    assert.match(groups.missing ?? '', /^memory and processes of a plugin together: a control group cannot be created \(ENOENT\)$/);
    assert.equal(groups.make('rack', limits), undefined);
    groups.close();
  });

  test('take in a process, and end all that is in them', () => {
    const mount = folder({ 'cgroup.controllers': '' });
    const groups = openPluginCgroups(mount, '7-7');
    const group = groups.make('rack', limits);
    const procs = join(mount, 'gantry-plugins-7-7', 'rack', 'cgroup.procs');
    // A process that nobody has: neither is it found, nor can it be told anything.
    group?.enter(2 ** 22 + 5);
    assert.equal(readFileSync(procs, 'utf8'), String(2 ** 22 + 5));
    writeFileSync(procs, '');
    group?.kill();
    group?.remove();
  });
});
