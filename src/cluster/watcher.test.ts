import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Principal } from '../access/index.ts';
import { type Clock, GantryError, type Log, silentLog } from '../base/index.ts';
import type { JobQueue, OpInput } from '../jobs/index.ts';
import type { Instance, Node } from '../model/index.ts';
import type { InstanceRuntime } from '../rpc/index.ts';
import type { Config } from '../store/index.ts';
import { plainConfig, plainInstance, plainLive, plainNode, plainUuid } from './testing/plain-config.ts';
import { Watcher } from './watcher.ts';

type State = InstanceRuntime['state'];

interface Situation {
  readonly instance?: Partial<Instance>;
  /** Of the primary node. */
  readonly node?: Partial<Node>;
  /** What is known of the primary node and of the other one; default: a fresh report. */
  readonly report?: 'stale' | 'none';
  readonly otherReport?: 'stale' | 'none';
  readonly other?: Partial<Node>;
  /** Where the instance was seen last, and how; default nowhere. */
  readonly seen?: readonly [where: 'here' | 'there', state: State];
  /** An opcode of a job, and whether it has ended. */
  readonly job?: { readonly instance_name: string; readonly ended?: boolean };
}

const [here, there] = [plainUuid(2, 0), plainUuid(2, 1)];
const now = 2e12;

function rig(situation: Situation, more: { clock?: Clock; fail?: () => void } = {}) {
  const { instance, node, other, report, otherReport, seen, job } = situation;
  const current = plainConfig({
    nodes: [plainNode(0, node), plainNode(1, other)],
    instances: [plainInstance(0, 0, 1024, { name: 'Web1', ...instance })],
  });
  const fresh = plainLive();
  const known = (uuid: string) => {
    const kind = uuid === here ? report : otherReport;
    const full = fresh.node(uuid);
    return kind === 'none' || !full ? undefined : { ...full, stale: kind === 'stale' };
  };
  const live = {
    ...fresh,
    node: known,
    instance: () => seen && { node: seen[0] === 'here' ? here : there, at: now, runtime: { state: seen[1] } as InstanceRuntime },
  };
  const submitted: { ops: readonly OpInput[]; user: string }[] = [];
  const done: string[] = [];
  const told: string[] = [];
  const tell = (_facts: unknown, text: string) => void told.push(text);
  const log = Object.assign(Object.create(silentLog) as Log, { info: tell, warn: tell });
  /** Each takes a turn of the event loop, as what asks the store does. */
  const later = async (what: string) => {
    await new Promise(setImmediate);
    done.push(what);
  };
  const jobs = {
    list: () => (job ? [{ ops: [{ end_ts: job.ended ? [1, 0] : null, input: { instance_name: job.instance_name } }] }] : []),
    submit: async (ops: readonly OpInput[], { name: user }: Principal) => {
      await later('submit');
      submitted.push({ ops, user });
    },
    autoArchive: (age: number) => later(`archive ${age}`),
  } as unknown as JobQueue;
  const garbage = { add: async () => undefined, list: async () => [], collect: () => later('collect') };
  const certificates = {
    look: async () => {
      await later('certificates');
      more.fail?.();
      return [];
    },
  } as never;
  const clock = more.clock ?? { now: () => now, sleep: async () => undefined };
  const watcher = new Watcher({ config: { current } as Config, jobs, live, garbage, certificates, clock, log });
  return { watcher, submitted, done, told };
}

const rows: readonly [what: string, situation: Situation, starts: boolean][] = [
  ['is seen nowhere', {}, true],
  ['is shut down on its node', { seen: ['here', 'shutdown'] }, true],
  ['has crashed on its node', { seen: ['here', 'crashed'] }, true],
  ['runs', { seen: ['here', 'running'] }, false],
  ['is paused', { seen: ['here', 'paused'] }, false],
  ['is arriving on its node', { seen: ['here', 'migrating-in'] }, false],
  ['runs on another node', { seen: ['there', 'running'] }, false],
  ['is shut down on another node', { seen: ['there', 'shutdown'] }, false],
  ['has crashed on another node', { seen: ['there', 'crashed'] }, false],
  ['should be down', { instance: { admin_state: 'down' } }, false],
  ['should be down and has crashed', { instance: { admin_state: 'down' }, seen: ['here', 'crashed'] }, false],
  ['is marked offline', { instance: { admin_state: 'offline' } }, false],
  ['belongs on a node that is marked offline', { node: { offline: true } }, false],
  ['belongs on a node that is drained', { node: { drained: true } }, true],
  ['belongs on a node that never answered', { report: 'none' }, false],
  ['belongs on a node that answers no more', { report: 'stale' }, false],
  ['was shut down on a node that answers no more', { report: 'stale', seen: ['here', 'shutdown'] }, false],
  ['belongs on a node that is gone', { instance: { primary_node: 'gone' } }, false],
  ['is named by a job', { job: { instance_name: 'web1' } }, false],
  ['is named by a job in other letters', { job: { instance_name: 'WEB1' } }, false],
  ['is named by a job by its UUID', { job: { instance_name: plainUuid(3, 0) } }, false],
  ['is named by a job that has ended', { job: { instance_name: 'web1', ended: true } }, true],
  ['stands beside one that is named by a job', { job: { instance_name: 'web10' } }, true],
  ['was on its way to a node that answers and has not got it', { instance: { moving_to: there } }, true],
  ['was on its way to a node that answers no more', { instance: { moving_to: there }, otherReport: 'stale' }, false],
  ['was on its way to a node that never answered', { instance: { moving_to: there }, otherReport: 'none' }, false],
  [
    'is shut down here and was on its way to a node that answers no more',
    { instance: { moving_to: there }, otherReport: 'stale', seen: ['here', 'shutdown'] },
    false,
  ],
  [
    'was on its way to a node that was marked offline',
    { instance: { moving_to: there }, other: { offline: true }, otherReport: 'none' },
    true,
  ],
  ['was on its way to a node that is gone', { instance: { moving_to: 'gone' }, otherReport: 'none' }, true],
];

describe('the watcher', () => {
  for (const [what, situation, starts] of rows) {
    it(`${starts ? 'starts' : 'leaves alone'} an instance that ${what}`, async () => {
      const { watcher, submitted } = rig(situation);
      assert.deepEqual(await watcher.look(), starts ? ['Web1'] : []);
      const op = { OP_ID: 'OP_INSTANCE_STARTUP', instance_name: 'Web1', no_remember: true };
      const reason = [['gnt:watcher', 'it should run', now * 1e6]];
      assert.deepEqual(submitted, starts ? [{ ops: [{ ...op, reason }], user: 'gantry-watcher' }] : []);
    });
  }

  it('collects what was left, renews certificates and archives jobs that ended six hours ago, in this order', async () => {
    const { watcher, done } = rig({});
    await watcher.look();
    assert.deepEqual(done, ['collect', 'certificates', 'archive 21600', 'submit']);
  });

  it('looks every five minutes, also after a look that failed, until it is stopped', async () => {
    const sleeps: number[] = [];
    let looks = 0;
    const third = Promise.withResolvers<void>();
    const clock: Clock = {
      now: () => now,
      sleep: (ms, signal) => {
        sleeps.push(ms);
        if (looks < 3) return Promise.resolve();
        third.resolve();
        return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      },
    };
    const fail = () => {
      if (++looks === 1) throw new GantryError('STORE_UNAVAILABLE', { place: 'a test', problem: 'it is away' });
    };
    const { watcher, submitted, told } = rig({}, { clock, fail });
    watcher.start();
    await third.promise;
    await watcher.stop();
    assert.deepEqual(sleeps, [300_000, 300_000, 300_000]);
    assert.equal(submitted.length, 2);
    assert.equal(looks, 3);
    const starts = 'starting instances that should run';
    assert.deepEqual(told, ['watcher failed; it tries again', starts, starts]);
  });

  it('says nothing when there is nothing to start, nor of a look that its end has cut short', async () => {
    let fails = false;
    const ending = Promise.withResolvers<void>();
    const clock: Clock = { now: () => now, sleep: () => ending.promise };
    const fail = () => {
      if (fails) throw new GantryError('CANCELLED', { subject: 'it' });
    };
    const quiet = rig({ seen: ['here', 'running'] }, { clock, fail });
    quiet.watcher.start();
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    assert.deepEqual(quiet.told, []);
    fails = true;
    const cut = rig({}, { clock, fail });
    cut.watcher.start();
    const stopped = cut.watcher.stop();
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
    assert.equal(isStopped, false, 'it waits for what is under way');
    ending.resolve();
    await stopped;
    await quiet.watcher.stop();
    assert.deepEqual(cut.told, []);
  });
});
