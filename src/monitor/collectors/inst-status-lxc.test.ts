import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { findContainers, instStatusLxc } from './inst-status-lxc.ts';

type Data = Parameters<typeof instStatusLxc.measure>[0];

const stat = `50 (init) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 4 0 90000 9000000 100 18446744073709551615 1\n`;
const running = {
  '/proc/uptime': '1000.00 1.00\n',
  '/var/lib/lxc/web1/config': '',
  '/var/lib/lxc/never/config': '',
  '/var/lib/lxc/lost+found/x': '',
  '/sys/fs/cgroup/lxc.payload.web1/cgroup.procs': '',
  '/sys/fs/cgroup/lxc.payload.web1/cgroup.events': 'populated 1\nfrozen 0\n',
  '/sys/fs/cgroup/lxc.payload.web1/memory.events': 'low 0\noom 0\noom_kill 0\n',
  '/sys/fs/cgroup/lxc.monitor.web1/cgroup.procs': '40\n',
  '/proc/40/task/40/children': '50 ',
  '/proc/50/stat': stat,
};
const group = '/sys/fs/cgroup/lxc.payload.web1';

test('groups of LXC 4 and of versions before it', () => {
  using host = createTestHost({
    ...running,
    '/sys/fs/cgroup/memory/lxc/old/cgroup.procs': '60\n61\n',
    '/sys/fs/cgroup/freezer/lxc/old/freezer.state': 'FROZEN\n',
    '/sys/fs/cgroup/lxc.payload.empty/cgroup.procs': '',
    '/sys/fs/cgroup/lxc.payload.garbage/cgroup.procs': '\0',
  });
  assert.deepEqual(findContainers(host.context.files), [
    { name: 'web1', pid: 50, frozen: false, oomKills: 0 },
    { name: 'old', pid: 60, frozen: true, oomKills: 0 },
  ]);
});

test('no LXC', () => {
  using host = createTestHost();
  const data = host.begin(instStatusLxc)(calmRun) as Data;
  assert.deepEqual(data, { instances: [], status: { code: 0, message: '' } });
  assert.ok(formatSamples(instStatusLxc, data).every(({ text }) => text === ''));
});

test('running, frozen, stopped from inside, by the operator, for want of memory', () => {
  using host = createTestHost(running);
  const collect = host.begin(instStatusLxc);
  const states = () =>
    ((collect(calmRun) as Data).instances ?? []).map(({ name, actualState, uptime, state_reason }) => [
      name,
      actualState,
      uptime,
      state_reason[0]?.[1],
    ]);
  const never = ['never', 'shutdown', null, 'not started'];
  const stop = () => rmSync(join(host.root, group), { recursive: true });
  const start = () => {
    for (const [path, text] of Object.entries(running)) if (path.startsWith(group)) host.write(path, text);
    host.context.files.forget(group);
  };
  assert.deepEqual(states(), [['web1', 'running', '0:01:40', 'started'], never]);
  host.write(`${group}/cgroup.events`, 'populated 1\nfrozen 1\n');
  assert.deepEqual(states(), [['web1', 'paused', '0:01:40', 'paused'], never]);
  stop();
  host.context.files.forget(group);
  assert.deepEqual(states().sort(), [never, ['web1', 'shutdown', null, 'stopped by its user']]);

  start();
  assert.equal(states()[0]?.[1], 'running');
  host.write(`${group}/memory.events`, 'oom_kill 2\n');
  states();
  stop();
  host.context.files.forget(group);
  for (let i = 0; i < 2; i++) assert.deepEqual(states().sort(), [never, ['web1', 'crashed', null, 'crashed: its memory was used up']]);

  host.instances = [{ name: 'web1', hypervisor: 'lxc', phase: 'stopped', interfaces: [] }];
  assert.deepEqual(states().sort(), [never, ['web1', 'shutdown', null, 'stopped by the operator']]);
  rmSync(join(host.root, '/var/lib/lxc/web1'), { recursive: true });
  assert.deepEqual(states(), [never]);
});

test('an init that goes while it is looked at', () => {
  using host = createTestHost(running);
  host.vanish('/proc/50');
  const [web] = (host.begin(instStatusLxc)(calmRun) as Data).instances;
  assert.deepEqual([web?.actualState, web?.uptime], ['running', null]);
});
