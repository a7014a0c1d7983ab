import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
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
  '/sys/fs/cgroup/lxc.monitor.web1/cgroup.procs': '40\n',
  '/proc/40/task/40/children': '50 ',
  '/proc/50/stat': stat,
};
const oomKill = (place: string, pid: number, at: number) =>
  `6,1,${at * 1e6},-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=${place},task_memcg=${place},task=sh,pid=${pid},uid=0\n`;
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
    { name: 'web1', pid: 50, frozen: false },
    { name: 'old', pid: 60, frozen: true },
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
  host.write('/dev/kmsg', oomKill('/lxc.payload.web1/cron', 77, 1000) + oomKill('/lxc.payload.other', 78, 1001));
  states();
  stop();
  host.context.files.forget(group);
  for (let i = 0; i < 2; i++) assert.deepEqual(states().sort(), [never, ['web1', 'crashed', null, 'crashed: its memory was used up']]);

  host.instances = [{ name: 'web1', hypervisor: 'lxc', phase: 'stopped', interfaces: [] }];
  assert.deepEqual(states().sort(), [never, ['web1', 'shutdown', null, 'stopped by the operator']]);
  rmSync(join(host.root, '/var/lib/lxc/web1'), { recursive: true });
  assert.deepEqual(states(), [never]);
});

test('how one ended is known to the next agent, until the host comes up anew', () => {
  using host = createTestHost({
    ...running,
    '/proc/sys/kernel/random/boot_id': 'one\n',
    '/dev/kmsg': oomKill('/lxc.payload.web1', 7, 900),
  });
  const look = (collect = host.begin(instStatusLxc)) => {
    const one = (collect(calmRun) as Data).instances.find(({ name }) => name === 'web1');
    return [one?.actualState, one?.adminState, one?.state_reason[0]?.[1], one?.mtime];
  };
  const stop = () => {
    rmSync(join(host.root, group), { recursive: true });
    host.context.files.forget(group);
  };
  assert.equal(look()[0], 'running');
  stop();
  const ended = host.context.wallTime() / 1000;
  // The kernel killed another process in it long before.
  assert.deepEqual(look(), ['shutdown', 'up', 'stopped by its user', ended]);
  host.advance(60);
  assert.deepEqual(look(), ['shutdown', 'up', 'stopped by its user', ended]);
  host.write('/proc/sys/kernel/random/boot_id', 'two\n');
  assert.deepEqual(look(), ['shutdown', 'down', 'not started', ended + 60]);

  for (const [path, text] of Object.entries(running)) if (path.startsWith(group)) host.write(path, text);
  assert.equal(look()[0], 'running');
  stop();
  host.write('/dev/kmsg', oomKill('/lxc.payload.web1', 7, 900) + oomKill('/lxc.payload.web1', 50, 1000));
  assert.deepEqual(look().slice(0, 3), ['crashed', 'up', 'crashed: its memory was used up'], 'its init, while no agent ran');
});

test('since when a container does not run stays the same', () => {
  using host = createTestHost(running);
  const collect = host.begin(instStatusLxc);
  const first = collect(calmRun) as Data;
  host.advance(60);
  host.write('/proc/uptime', '1060.00 1.00\n');
  const second = collect(calmRun) as Data;
  assert.notDeepEqual(second, first);
  assert.deepEqual(instStatusLxc.essence?.(second), instStatusLxc.essence?.(first));
});

test('an init that goes while it is looked at', () => {
  using host = createTestHost(running);
  host.vanish('/proc/50');
  const [web] = (host.begin(instStatusLxc)(calmRun) as Data).instances;
  assert.deepEqual([web?.actualState, web?.uptime], ['running', null]);
});
