import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, type Log, silentLog } from '../base/index.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';
import { hypervisorProbes } from './hypervisor-probes.ts';
import { tendHypervisors } from './tend-hypervisors.ts';

/** A clock whose sleeps end when the test says so. */
function heldClock() {
  let time = 0;
  const sleeping: { ms: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleeping.push({ ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  return { clock, sleeping, pass: (ms: number) => (time += ms) };
}

const settle = () => new Promise(setImmediate);

describe('probes of hypervisors', () => {
  const good = { version: '7.2', accelerator: 'kvm', problem: null };
  const broken = { version: '', accelerator: null, problem: 'QEMU is missing' };

  it('are kept while they are good, and made again after a while when they are not', async () => {
    const { clock, pass } = heldClock();
    const answers = { kvm: good, fake: broken };
    const asked = { kvm: 0, fake: 0 };
    const probing = (name: 'kvm' | 'fake') =>
      [
        name,
        {
          probe: async () => {
            asked[name]++;
            return answers[name];
          },
        },
      ] as unknown as [string, Hypervisor];
    const probes = hypervisorProbes(new Map([probing('kvm'), probing('fake')]), clock);
    assert.deepEqual(await probes(), { kvm: good, fake: broken });
    assert.deepEqual(await probes(), { kvm: good, fake: broken });
    assert.deepEqual(asked, { kvm: 1, fake: 1 });
    answers.fake = good as unknown as typeof broken;
    pass(24 * 3600_000);
    assert.deepEqual(await probes(), { kvm: good, fake: good });
    assert.deepEqual(asked, { kvm: 1, fake: 2 });
  });

  it('that take long are not waited for, and are told when they are there', async () => {
    const { clock, sleeping } = heldClock();
    const { promise, resolve } = Promise.withResolvers<typeof good>();
    let asked = 0;
    const slow = { probe: () => (asked++ === 0 ? promise : assert.fail('asked twice')) } as unknown as Hypervisor;
    const probes = hypervisorProbes(new Map([['kvm', slow]]), clock);
    const first = probes();
    await settle();
    for (const { wake } of sleeping.splice(0)) wake();
    assert.deepEqual(await first, { kvm: { version: '', accelerator: null, problem: 'it is still being probed' } });
    const second = probes();
    resolve(good);
    assert.deepEqual(await second, { kvm: good });
  });

  it('that fail are told with their reason', async () => {
    const { clock } = heldClock();
    const failing = { probe: () => Promise.reject(new Error('no permission')) } as unknown as Hypervisor;
    const { kvm } = await hypervisorProbes(new Map([['kvm', failing]]), clock)();
    assert.deepEqual([kvm?.version, kvm?.accelerator], ['', null]);
    assert.match(kvm?.problem ?? '', /no permission/);
  });
});

describe('looking after hypervisors', () => {
  it('begins at once, goes on every five seconds, and ends with a goodbye', async () => {
    const { clock, sleeping } = heldClock();
    const seen: string[] = [];
    const note = (text: string) => ({
      tend: async () => void seen.push(`tend ${text}`),
      close: async () => void seen.push(`close ${text}`),
    });
    const log = { ...silentLog, error: () => seen.push('error') } as unknown as Log;
    const end = tendHypervisors([note('a'), {}, note('b')] as unknown as Hypervisor[], clock, log);
    await settle();
    assert.deepEqual([seen.splice(0), sleeping.map(({ ms }) => ms)], [['tend a', 'tend b'], [5000]]);
    sleeping.shift()?.wake();
    await settle();
    assert.deepEqual([seen.splice(0), sleeping.length], [['tend a', 'tend b'], 1]);
    await end();
    await settle();
    assert.deepEqual(seen, ['close a', 'close b']);
  });

  it('that breaks off is told', async () => {
    const { clock } = heldClock();
    const told: string[] = [];
    const log = { ...silentLog, error: (_: object, text: string) => told.push(text) } as unknown as Log;
    const end = tendHypervisors([{ tend: () => Promise.reject(new Error('x')) }] as unknown as Hypervisor[], clock, log);
    await settle();
    assert.deepEqual(told, ['the instances are no longer checked']);
    await end();
  });
});
