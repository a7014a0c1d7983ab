import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSamples } from '../../base/index.ts';
import type { MonitoredInstance } from '../collector/instance-source.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { guestStates } from './guest-states.ts';
import { instStatusKvm, judgeInstance } from './inst-status-kvm.ts';
import { formatUptime } from './instance-status.ts';

type Data = Parameters<typeof instStatusKvm.measure>[0];

const kvm = (name: string, rest: Partial<MonitoredInstance>): MonitoredInstance => ({ name, hypervisor: 'kvm', interfaces: [], ...rest });
const verdict = (instance: MonitoredInstance, guest?: string, killed = false) => {
  const found = judgeInstance(instance, guest, killed);
  return found && [found.actualState, found.source, found.code];
};

test('stopped by its user, by the operator, crashed, hung, paused, on its way', () => {
  const running = kvm('a', { pid: 1, phase: 'running' });
  assert.deepEqual(verdict(running), ['running', 'gantry:operator', 0]);
  assert.deepEqual(verdict(running, 'running'), ['running', 'gantry:operator', 0]);
  assert.deepEqual(verdict(running, 'paused'), ['paused', 'gantry:node', 0]);
  assert.deepEqual(verdict(running, 'shutdown'), ['shutdown', 'gantry:user', 0]);
  assert.deepEqual(verdict(running, 'silent'), ['hung', 'gantry:node', 2]);
  assert.deepEqual(verdict(running, 'guest-panicked'), ['crashed', 'gantry:node', 4]);
  assert.deepEqual(verdict(running, 'io-error'), ['blocked', 'gantry:node', 4]);
  assert.deepEqual(verdict(running, 'colo'), ['unknown', 'gantry:node', 2]);
  assert.deepEqual(verdict(kvm('a', { phase: 'off' })), ['shutdown', 'gantry:user', 0]);
  assert.deepEqual(verdict(kvm('a', { phase: 'stopped' })), ['shutdown', 'gantry:operator', 0]);
  assert.deepEqual(verdict(kvm('a', { phase: 'running' })), ['crashed', 'gantry:node', 4]);
  assert.equal(verdict(kvm('a', { phase: 'starting' })), undefined);
  assert.equal(verdict(kvm('a', { phase: 'incoming' })), undefined);
});

test('uptime as people write it', () => {
  assert.deepEqual([0, 59, 3661, 86_400, 2 * 86_400 + 11_045, -5].map(formatUptime), [
    '0:00:00',
    '0:00:59',
    '1:01:01',
    '1 day, 0:00:00',
    '2 days, 3:04:05',
    '0:00:00',
  ]);
});

test('the report has Ganeti’s keys; times stay while the state does', () => {
  using host = createTestHost({
    '/proc/uptime': '1000.00 1.00\n',
  });
  const wall = () => host.context.wallTime() / 1000;
  host.instances = [
    kvm('web1', { uuid: 'u1', pid: 20, started: 900, phase: 'running' }),
    kvm('web2', { uuid: 'u2', phase: 'running' }),
    kvm('web3', { uuid: 'u3', phase: 'stopped', stoppedAt: 1700 }),
    kvm('web4', { uuid: 'u4', phase: 'starting' }),
    { ...kvm('c1', { pid: 20 }), hypervisor: 'lxc' },
  ];
  const collect = host.begin(instStatusKvm);
  const first = collect(calmRun) as Data;
  const began = wall();
  assert.deepEqual(first, {
    instances: [
      {
        name: 'web1',
        uuid: 'u1',
        adminState: 'up',
        actualState: 'running',
        uptime: '0:01:40',
        mtime: began - 100,
        state_reason: [['gantry:operator', 'started', (began - 100) * 1e9]],
        status: { code: 0, message: '' },
      },
      {
        name: 'web2',
        uuid: 'u2',
        adminState: 'up',
        actualState: 'crashed',
        uptime: null,
        mtime: began,
        state_reason: [['gantry:node', 'crashed: its process has ended', began * 1e9]],
        status: { code: 4, message: 'crashed: its process has ended' },
      },
      {
        name: 'web3',
        uuid: 'u3',
        adminState: 'down',
        actualState: 'shutdown',
        uptime: null,
        mtime: 1700,
        state_reason: [['gantry:operator', 'stopped by the operator', 1700e9]],
        status: { code: 0, message: 'stopped by the operator' },
      },
    ],
    status: { code: 4, message: 'web2: crashed: its process has ended' },
  });
  host.advance(60);
  host.context.kept(guestStates).set('web1', 'shutdown');
  const [one, two] = (collect(calmRun) as Data).instances;
  assert.deepEqual([one?.actualState, one?.mtime, one?.uptime, two?.mtime], ['shutdown', began + 60, null, began]);
  const text = formatSamples(instStatusKvm, first)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_instance_status\{instance="web2"\} 4$/m);
  assert.match(text, /^gantry_instances\{state="crashed"\} 1$/m);
});

test('a report in which only uptimes grew has not changed', () => {
  using host = createTestHost({ '/proc/uptime': '1000.00 1.00\n' });
  host.instances = [kvm('web1', { pid: 20, phase: 'running', started: 900 })];
  const collect = host.begin(instStatusKvm);
  const first = collect(calmRun) as Data;
  host.advance(5);
  host.write('/proc/uptime', '1005.00 1.00\n');
  const second = collect(calmRun) as Data;
  assert.notDeepEqual(second, first);
  assert.deepEqual(instStatusKvm.essence?.(second), instStatusKvm.essence?.(first));
  host.context.kept(guestStates).set('web1', 'paused');
  assert.notDeepEqual(instStatusKvm.essence?.(collect(calmRun) as Data), instStatusKvm.essence?.(second));
});

test('a QEMU that the kernel killed for want of memory; since when is known to the next agent', () => {
  using host = createTestHost({
    '/proc/uptime': '1000.00 1.00\n',
    '/proc/sys/kernel/random/boot_id': 'one\n',
    '/dev/kmsg': '6,1,999000000,-;oom-kill:constraint=CONSTRAINT_NONE,global_oom,task_memcg=/,task=vm-web1,pid=20,uid=7\n',
  });
  host.instances = [kvm('web1', { phase: 'running', lastPid: 20 }), kvm('web2', { phase: 'running', lastPid: 21 })];
  const look = () => (host.begin(instStatusKvm)(calmRun) as Data).instances.map(({ state_reason, mtime }) => [state_reason[0]?.[1], mtime]);
  const found = look();
  assert.deepEqual(
    found.map(([reason]) => reason),
    ['crashed: the host ran out of memory', 'crashed: its process has ended'],
  );
  host.advance(300);
  assert.deepEqual(look(), found);
});

test('a process that goes while it is looked at leaves its instance in the report', () => {
  using host = createTestHost({ '/proc/uptime': '1000.00 1.00\n' });
  host.vanish('/proc/20');
  host.instances = [kvm('web1', { pid: 20, phase: 'running' })];
  const [one] = (host.begin(instStatusKvm)(calmRun) as Data).instances;
  assert.deepEqual([one?.actualState, one?.uptime], ['running', null]);
});
