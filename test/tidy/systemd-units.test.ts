import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { daemonOptions, type HostCommand } from '../../src/cli/daemon/daemon-options.ts';
import { hostCommand as master } from '../../src/cli/daemon/master.ts';
import { hostCommand as monitor } from '../../src/cli/daemon/monitor.ts';
import { hostCommand as agent } from '../../src/cli/daemon/node.ts';
import { projectRoot } from './source-files.ts';

const folder = join(projectRoot, 'packaging/systemd');
const commands: Readonly<Record<string, HostCommand>> = { master, agent, monitor };
const text = (name: string) => readFileSync(join(folder, `gantry-${name}.service`), 'utf8');
const setting = (name: string, key: string) => [...text(name).matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value);

const skip = spawnSync('systemd-analyze', ['--version']).error ? 'systemd-analyze is not installed' : false;

/** Unit files with the program of this checkout. */
function withUnits<T>(work: (files: string[]) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'gantry-units-'));
  try {
    const files = readdirSync(folder).map((name) => {
      const file = join(dir, name);
      writeFileSync(file, readFileSync(join(folder, name), 'utf8').replaceAll('/usr/bin/gantry', join(projectRoot, 'gantry')));
      return file;
    });
    return work(files);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('systemd understands the units', { skip }, () => {
  withUnits((files) => {
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
    assert.deepEqual([status, (stdout + stderr).split('\n').filter((line) => line.includes('gantry'))], [0, []]);
  });
});

test('each unit is as confined as its daemon can bear', { skip }, () => {
  // Of systemd-analyze security, 0 to 10: the agent and the monitoring agent must see and change the host.
  const most: Readonly<Record<string, number>> = { master: 2.5, agent: 9.3, monitor: 8.8 };
  withUnits((files) => {
    for (const [name, limit] of Object.entries(most)) {
      const file = files.find((one) => one.endsWith(`gantry-${name}.service`)) ?? '';
      const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', file], { encoding: 'utf8' });
      const [, level = ''] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
      assert.ok(Number(level) > 0 && Number(level) <= limit, `${name}: ${level}`);
    }
  });
});

test('each daemon reads its own file, and is not started before there is one', () => {
  for (const [name, command] of Object.entries(commands)) {
    assert.deepEqual(setting(name, 'ExecStart'), [`/usr/bin/gantry ${name} --options-file /etc/gantry/${name}.conf`]);
    assert.ok(setting(name, 'ConditionPathExists').includes(`/etc/gantry/${name}.conf`), name);
    assert.throws(() => daemonOptions(command, ['--options-file', '/nonexistent']), { code: 'DAEMON_OPTIONS_UNREADABLE' });
  }
});

test('a daemon that dies or hangs is started again, at most five times within five minutes', () => {
  for (const name of Object.keys(commands)) {
    const found = ['Restart', 'StartLimitBurst', 'StartLimitIntervalSec', 'WatchdogSec', 'TimeoutStopSec', 'Type'].map(
      (key) => setting(name, key)[0],
    );
    assert.deepEqual(found, ['on-failure', '5', '300', '120', '30', 'notify'], name);
  }
});

test('instances outlive their agent, and what runs in its unit cannot speak for it', () => {
  assert.deepEqual([setting('agent', 'KillMode'), setting('agent', 'OOMPolicy')], [['process'], ['continue']]);
  // Both have processes of guests or of plugins in their control group.
  for (const name of ['agent', 'monitor']) assert.deepEqual(setting(name, 'NotifyAccess'), ['main'], name);
  assert.deepEqual(setting('master', 'User'), ['gantry']);
});
