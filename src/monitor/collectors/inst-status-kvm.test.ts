import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MonitoredInstance } from '../collector/instance-source.ts';
import { formatSamples } from '../host/format-samples.ts';
import { calmRun, createTestHost } from '../testing/test-host.ts';
import { guestStates } from './guest-states.ts';
import { instStatusKvm, judgeInstance } from './inst-status-kvm.ts';
import { formatUptime } from './instance-status.ts';

type Data = Parameters<typeof instStatusKvm.measure>[0];

const kvm = (name: string, rest: Partial<MonitoredInstance>): MonitoredInstance => ({ name, hypervisor: 'kvm', interfaces: [], ...rest });
const verdict = (instance: MonitoredInstance, guest?: string) => {
  const found = judgeInstance(instance, guest);
  return found && [found.adminState, found.actualState, found.source, found.code];
};

test('stopped by its user, by the operator, crashed, hung, paused, on its way', () => {
  const running = kvm('a', { pid: 1, phase: 'running' });
  assert.deepEqual(verdict(running), ['up', 'running', 'gantry:operator', 0]);
  assert.deepEqual(verdict(running, 'running'), ['up', 'running', 'gantry:operator', 0]);
  assert.deepEqual(verdict(running, 'paused'), ['up', 'paused', 'gantry:node', 0]);
  assert.deepEqual(verdict(running, 'shutdown'), ['up', 'shutdown', 'gantry:user', 0]);
  assert.deepEqual(verdict(running, 'silent'), ['up', 'hung', 'gantry:node', 2]);
  assert.deepEqual(verdict(running, 'guest-panicked'), ['up', 'crashed', 'gantry:node', 4]);
  assert.deepEqual(verdict(running, 'io-error'), ['up', 'blocked', 'gantry:node', 4]);
  assert.deepEqual(verdict(running, 'colo'), ['up', 'unknown', 'gantry:node', 2]);
  assert.deepEqual(verdict(kvm('a', { phase: 'off' })), ['up', 'shutdown', 'gantry:user', 0]);
  assert.deepEqual(verdict(kvm('a', { phase: 'stopped' })), ['down', 'shutdown', 'gantry:operator', 0]);
  assert.deepEqual(verdict(kvm('a', { phase: 'running' })), ['up', 'crashed', 'gantry:node', 4]);
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
    '/proc/20/stat': `20 (qemu) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 4 0 90000 9000000 100 18446744073709551615 1\n`,
  });
  const wall = () => host.context.wallTime() / 1000;
  host.instances = [
    kvm('web1', { uuid: 'u1', pid: 20, phase: 'running' }),
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
  guestStates(host.context.instances).set('web1', 'shutdown');
  const [one, two] = (collect(calmRun) as Data).instances;
  assert.deepEqual([one?.actualState, one?.mtime, one?.uptime, two?.mtime], ['shutdown', began + 60, null, began]);
  const text = formatSamples(instStatusKvm, first)
    .map((family) => family.text)
    .join('');
  assert.match(text, /^gantry_instance_status\{instance="web2"\} 4$/m);
  assert.match(text, /^gantry_instances\{state="crashed"\} 1$/m);
});

test('a process that goes while it is looked at leaves its instance in the report', () => {
  using host = createTestHost({ '/proc/uptime': '1000.00 1.00\n' });
  host.vanish('/proc/20');
  host.instances = [kvm('web1', { pid: 20, phase: 'running' })];
  const [one] = (host.begin(instStatusKvm)(calmRun) as Data).instances;
  assert.deepEqual([one?.actualState, one?.uptime], ['running', null]);
});
