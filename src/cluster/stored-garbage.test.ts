import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, type Log, silentLog } from '../base/index.ts';
import type { Instance } from '../model/index.ts';
import type { DiskSpec } from '../rpc/index.ts';
import type { Store } from '../store/index.ts';
import type { Garbage } from './garbage.ts';
import { createStoredGarbage } from './stored-garbage.ts';
import { changingConfig } from './testing/changing-config.ts';
import { memoryStore } from './testing/memory-store.ts';
import { plainInstance, plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const [node0, node1, web] = [plainUuid(2, 0), plainUuid(2, 1), plainUuid(3, 5)];
const disk = {
  uuid: plainUuid(4, 5),
  dev_type: 'file',
  size: 1,
  mode: 'rw',
  format: 'raw',
  logical_id: [],
  params: {},
} as unknown as DiskSpec;
const owner = { uuid: web, name: 'Web5' };
const leftDisk: Garbage = { type: 'disk', node: node0, disk, owner };
const leftInstance: Garbage = { type: 'instance', node: node0, ...owner, hypervisor: 'kvm' };
const lost = new GantryError('NODE_UNREACHABLE', { node: 'node0', address: '192.0.2.1:1811', problem: 'no route' });
const broken = new GantryError('STORAGE_DIR_MISSING', { directory: '/srv/file', template: 'file' });

interface Situation {
  readonly instances?: readonly Instance[];
  readonly live?: Parameters<typeof plainLive>[0];
  readonly silent?: boolean;
  readonly busy?: readonly string[];
  /** Meets each call. */
  readonly answer?: () => Promise<void>;
}

async function rig({ instances = [], live, silent, busy = [], answer }: Situation, ...left: Garbage[]) {
  const store = memoryStore();
  await store.transact({ compares: [], writes: [{ type: 'put', key: '/leader', value: 'me' }] });
  const fence = { key: '/leader', modRevision: 1 };
  const [calls, told]: [unknown[], string[]] = [[], []];
  const tell = (_facts: unknown, text: string) => void told.push(text);
  const garbage = createStoredGarbage({
    store: store as Store,
    leadership: { compare: fence, lose: () => undefined },
    isBusy: ({ uuid, name }) => busy.includes(uuid) || busy.includes(name),
    config: changingConfig({ nodes: [plainNode(0), plainNode(1)], instances }),
    nodes: {
      call: (async (node: string, method: string, params: unknown) => {
        calls.push([node, method, params]);
        await answer?.();
      }) as never,
    },
    live: () => (silent ? { ...plainLive(), node: () => undefined } : plainLive(live)),
    log: Object.assign(Object.create(silentLog) as Log, { info: tell, warn: tell }),
  });
  for (const one of left) await garbage.add(one);
  return {
    garbage,
    calls,
    told,
    store,
    depose: () => store.transact({ compares: [], writes: [{ type: 'put', key: '/leader', value: 'other' }] }),
  };
}

const collected = async (situation: Situation, ...left: Garbage[]) => {
  const { garbage, calls, told } = await rig(situation, ...left);
  await garbage.collect();
  return { calls, told, kept: (await garbage.list()).length };
};
const removal = [node0, 'disk-remove', { disk, instance: owner }];
const stop = [node0, 'instance-stop', { ...owner, hypervisor: 'kvm', timeout: 0 }];

describe('what operations had to leave behind', () => {
  it('is kept once for each thing, by a master that leads', async () => {
    const { garbage, depose } = await rig({}, leftDisk, leftInstance, leftDisk, { ...leftDisk, node: node1 });
    assert.deepEqual(await garbage.list(), [leftDisk, leftInstance, { ...leftDisk, node: node1 }]);
    await depose();
    await assert.rejects(garbage.add(leftDisk), { code: 'FENCED' });
  });

  it('is removed when its node answers', async () => {
    const removed = ['removed what was left on a node'];
    assert.deepEqual(await collected({}, leftDisk), { calls: [removal], told: removed, kept: 0 });
    assert.deepEqual(await collected({}, leftInstance), { calls: [stop], told: removed, kept: 0 });
    assert.deepEqual(await collected({ silent: true }, leftDisk), { calls: [], told: [], kept: 1 });
    assert.deepEqual(await collected({ live: { [node0]: null } }, leftDisk), { calls: [], told: [], kept: 1 });
  });

  it('is forgotten with its node', async () => {
    const forgot = ['forgot what was left on a node that is gone'];
    assert.deepEqual(await collected({}, { ...leftDisk, node: 'gone' }), { calls: [], told: forgot, kept: 0 });
    assert.deepEqual((await collected({ silent: true }, { ...leftInstance, node: 'gone' })).kept, 0);
  });

  it('waits while a job is under way on its instance', async () => {
    for (const busy of [[web], ['Web5']]) {
      assert.deepEqual(await collected({ busy }, leftDisk, leftInstance), { calls: [], told: [], kept: 2 });
    }
    assert.equal((await collected({ busy: ['other'] }, leftDisk, leftInstance)).kept, 0);
  });

  it('is not removed when it belongs there by now', async () => {
    const back = plainInstance(5, 0, 1, { name: 'Web5' });
    assert.deepEqual(await collected({ instances: [back] }, leftInstance), {
      calls: [],
      told: ['removed what was left on a node'],
      kept: 0,
    });
    assert.deepEqual((await collected({ instances: [plainInstance(5, 1, 1)] }, leftInstance)).calls, [stop], 'it belongs elsewhere');
    const user = plainInstance(6, 1, 1, { disks: [...plainInstance(9, 0, 1).disks, ...back.disks] });
    assert.deepEqual((await collected({ instances: [user] }, leftDisk)).calls, []);
    assert.deepEqual((await collected({ instances: [plainInstance(6, 1, 1)] }, leftDisk)).calls, [removal]);
  });

  it('stays when it could not be removed, and says so unless the node is away', async () => {
    const failing = (error: Error) => ({ answer: () => Promise.reject(error) });
    assert.deepEqual(await collected(failing(lost), leftDisk), { calls: [removal], told: [], kept: 1 });
    assert.deepEqual(await collected(failing(broken), leftDisk), {
      calls: [removal],
      told: ['could not remove what was left on a node'],
      kept: 1,
    });
    const { garbage, depose } = await rig({}, leftDisk);
    await depose();
    await garbage.collect();
    assert.equal((await garbage.list()).length, 1, 'a deposed master forgets nothing');
  });

  it('waits in silence while its node has nothing for its hypervisor', async () => {
    const unsupported = new GantryError('HYPERVISOR_UNSUPPORTED', { hypervisor: 'kvm', problem: 'this node has no adapter for it' });
    const refusing = { answer: () => Promise.reject(unsupported) };
    assert.deepEqual(await collected(refusing, leftInstance), { calls: [stop], told: [], kept: 1 });
    const without = { live: { [node0]: { hypervisors: {} } } };
    assert.deepEqual(await collected(without, leftInstance), { calls: [], told: [], kept: 1 });
    assert.deepEqual((await collected(without, leftDisk)).calls, [removal], 'a disk needs no hypervisor');
    assert.equal((await collected(without, { ...leftInstance, node: 'gone' })).kept, 0);
  });

  it('stays when a job notes it anew meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { garbage } = await rig({ answer: () => promise }, leftDisk);
    const collecting = garbage.collect();
    await garbage.add(leftDisk);
    resolve();
    await collecting;
    assert.equal((await garbage.list()).length, 1);
  });

  it('is collected once at a time, and a store that is away ends nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { garbage, calls, store, told } = await rig({ answer: () => promise }, leftDisk);
    const first = garbage.collect();
    assert.equal(garbage.collect(), first);
    resolve();
    await first;
    assert.equal(calls.length, 1);
    await garbage.add(leftDisk);
    await garbage.collect();
    assert.equal(calls.length, 2);
    store.range = async () => {
      throw new GantryError('STORE_UNAVAILABLE', { place: 'a test', problem: 'it is away' });
    };
    await garbage.collect();
    assert.equal(told.at(-1), 'could not collect what was left on nodes');
  });
});
