import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { createPluginFolder } from '../testing/plugin-folder.ts';

const isRoot = process.getuid?.() === 0;
const skip = isRoot ? false : 'only an agent that is root runs plugins as another user';
const told = (lines: readonly (readonly [message: string, facts: string])[], about: RegExp) =>
  lines.filter(([message]) => about.test(message)).map(([message]) => message);

describe('the settings of the operator', () => {
  const report = `echo '{"data":{"up":1}}'`;

  test('that become unusable hold as they were, which is logged once and told in the report of plugins', async () => {
    using folder = createPluginFolder();
    writeFileSync(folder.settings, 'grants: {net: {network: true}}\n');
    folder.script('net', report);
    folder.write('net.yaml', 'interval: 1\nneeds: {network: true}\n');
    await using agent = await folder.start(50);
    agent.monitor.scheduler.configure(new Map([['plugins', { interval: 0.2 }]]));
    await agent.until('/2/report/default/net', ({ data }) => data['up'] === 1);
    const code = async (wanted: number) =>
      (await agent.until('/2/report/daemon/plugins', ({ data }) => data.status?.code === wanted)).data.status?.message ?? '';
    writeFileSync(folder.settings, 'grants: nonsense\n');
    assert.match(await code(4), /^MONITOR_PLUGIN_SETTINGS_INVALID: [^]*grants/);
    folder.script('new', report);
    await agent.until('/2/report/default/new', ({ data }) => data['up'] === 1);
    assert.deepEqual(told(agent.log, /settings/), ['the settings of plugins cannot be used']);
    assert.deepEqual(told(agent.log, /changed|refused/), []);
    writeFileSync(folder.settings, 'grants: {net: {network: true}}\n');
    await code(0);
    rmSync(folder.settings);
    const refused = await agent.until('/2/report/default/net', ({ trouble }) => trouble !== undefined);
    assert.match(refused.trouble?.problem ?? '', /MONITOR_PLUGIN_NOT_GRANTED/);
    assert.deepEqual(told(agent.log, /settings/), ['the settings of plugins cannot be used', 'the settings of plugins can be used again']);
  });

  test('that were never good let no program run, and a file is read all the same', async () => {
    using folder = createPluginFolder();
    writeFileSync(folder.settings, 'grant: {}\n');
    folder.script('program', report);
    folder.write('file.prom', 'a 1\n');
    await using agent = await folder.start();
    await agent.until('/2/report/default/file', ({ data }) => 'families' in data);
    const { trouble } = await agent.until('/2/report/default/program', (one) => one.trouble !== undefined);
    assert.match(trouble?.problem ?? '', /MONITOR_PLUGIN_SETTINGS_INVALID/);
  });

  const cases: readonly (readonly [what: string, settings: string, problem: RegExp])[] = [
    ['name a user that is not there', 'user: gantry-nobody-is-so\n', /MONITOR_PLUGIN_USER_MISSING: There is no user gantry-nobody-is-so/],
    ['name root', 'user: root\n', /MONITOR_PLUGIN_USER_ROOT/],
    ['name root by number', 'user: "0"\n', /MONITOR_PLUGIN_USER_ROOT/],
    ['name a group that is not there', 'grants: {x: {groups: [gantry-no-group]}}\n', /MONITOR_PLUGIN_GROUP_MISSING/],
  ];
  for (const [what, settings, problem] of cases) {
    test(`that ${what}`, { skip }, async () => {
      using folder = createPluginFolder();
      writeFileSync(folder.settings, settings);
      folder.script('x', report);
      if (what.includes('group')) folder.write('x.yaml', 'needs: {groups: [gantry-no-group]}\n');
      await using agent = await folder.start();
      const { trouble } = await agent.until('/2/report/default/x', (one) => one.trouble !== undefined);
      assert.match(trouble?.problem ?? '', problem);
    });
  }

  test('that allow root in so many words', { skip }, async () => {
    using folder = createPluginFolder();
    writeFileSync(folder.settings, 'user: root\nallow_root: true\n');
    folder.script('x', `echo "{\\"data\\":{\\"uid\\":$(id -u)}}"`);
    await using agent = await folder.start();
    await agent.until('/2/report/default/x', ({ data }) => data['uid'] === 0);
  });
});

test('the log has a line for each plugin that comes, changes, goes or is refused, and for trouble as it begins and ends', async () => {
  using folder = createPluginFolder();
  const good = `test -e ${folder.root}/broken && exit 1; echo '{"data":{"up":1}}'`;
  folder.script('x', good);
  folder.write('x.yaml', 'interval: 1\n');
  folder.write('refused.txt', '');
  await using agent = await folder.start(50);
  const up = () => agent.until('/2/report/default/x', ({ data, trouble }) => data['up'] === 1 && trouble === undefined);
  await up();
  writeFileSync(`${folder.root}/broken`, '');
  await agent.until('/2/report/default/x', ({ trouble }) => (trouble?.attempts ?? 0) >= 2);
  rmSync(`${folder.root}/broken`);
  folder.script('x', `${good} # again`);
  await up();
  rmSync(`${folder.directory}/x`);
  rmSync(`${folder.directory}/x.yaml`);
  await until('the plugin has gone', () =>
    agent.log.some(([message, facts]) => message === 'a plugin was removed' && facts.includes('"x"')),
  );
  const of = (name: string) => agent.log.filter(([, facts]) => facts?.includes(`"${name}"`)).map(([message]) => message);
  assert.deepEqual(
    of('x').filter((message) => message !== 'a plugin is refused'),
    [
      'a plugin was added',
      'a collector fails; its last good report stays',
      'a plugin has changed',
      'a collector works again',
      'a plugin was removed',
    ],
  );
  assert.deepEqual(of('refused'), ['a plugin is refused']);
});
