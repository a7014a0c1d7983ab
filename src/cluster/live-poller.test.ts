import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Clock, GantryError, silentLog } from '../base/index.ts';
import type { NodeCaller } from '../rpc/index.ts';
import type { Config, ConfigSnapshot } from '../store/index.ts';
import { LivePoller } from './live-poller.ts';
import { plainConfig, plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const uuidOf = (number: number) => plainUuid(2, number);
const info = plainLive().node('')?.info;

/** Nodes whose calls are answered when the test says so; time moves when the test says so. */
function rig(count: number) {
  const sleepers = new Set<{ until: number; wake: () => void }>();
  let now = 0;
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => sleepers.delete(sleeper) && reject(signal.reason), { once: true });
      }),
  };
  const config: { current: ConfigSnapshot } = {
    current: plainConfig({ nodes: Array.from({ length: count }, (_, number) => plainNode(number)), instances: [] }),
  };
  const held = new Set<string>();
  const failing = new Set<string>();
  const asked: string[] = [];
  const running = new Map<string, { uuid: string; state: string }[]>();
  let underWay = 0;
  let most = 0;
  const nodes = {
    call: async (node: string, method: string, _params: unknown, { signal }: { signal?: AbortSignal } = {}) => {
      if (method === 'node-info') asked.push(node);
      most = Math.max(most, ++underWay);
      try {
        if (held.has(node)) await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        await new Promise(setImmediate);
        if (failing.has(node)) throw new GantryError('NODE_TIMED_OUT', { node, method, seconds: 1 });
        return method === 'node-info' ? info : (running.get(node) ?? []);
      } finally {
        underWay--;
      }
    },
  } as unknown as NodeCaller;
  const answered: string[] = [];
  const onAnswer = (node: string) => void answered.push(node);
  const poller = new LivePoller({ config: config as unknown as Config, nodes, clock, log: silentLog, onAnswer });
  return {
    ...{ poller, held, failing, asked, running, config, answered },
    most: () => most,
    sleeping: () => sleepers.size,
    pass: async (ms: number) => {
      now += ms;
      for (const sleeper of sleepers) if (sleeper.until <= now && sleepers.delete(sleeper)) sleeper.wake();
      for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    },
  };
}

describe('live poller', () => {
  it('asks a thousand nodes, but only some of them in one turn of the event loop', async () => {
    const { poller, most } = rig(1000);
    await poller.start();
    assert.ok(most() <= 16, `${most()} calls at the same time`);
    for (let number = 0; number < 1000; number++) assert.equal(poller.node(uuidOf(number))?.stale, false);
    await poller.stop();
  });

  it('is held up for a moment only by nodes that hang', async () => {
    const { poller, held, asked, pass } = rig(100);
    for (let number = 0; number < 40; number++) held.add(uuidOf(number));
    const started = poller.start();
    await pass(0);
    assert.equal(asked.length, 16);
    await pass(1000);
    assert.equal(asked.length, 32);
    await pass(1000);
    assert.equal(asked.length, 100);
    assert.equal(poller.node(uuidOf(99))?.stale, false);
    assert.equal(poller.node(uuidOf(0)), undefined);
    await pass(5000);
    await started;
    await poller.stop();
  });

  it('believes the node where an instance runs, and forgets what a node has no more', async () => {
    const { poller, running, config } = rig(3);
    const [a, b] = [uuidOf(0), uuidOf(1)];
    running.set(a, [
      { uuid: 'web', state: 'running' },
      { uuid: 'db', state: 'shutdown' },
    ]);
    running.set(b, [
      { uuid: 'web', state: 'migrating-in' },
      { uuid: 'db', state: 'running' },
    ]);
    await poller.pollOnce();
    assert.equal(poller.instance('web')?.node, a);
    assert.equal(poller.instance('db')?.node, b);
    // The migration has ended: it runs on the other node, and the first one knows it no more.
    running.set(b, [
      { uuid: 'web', state: 'running' },
      { uuid: 'db', state: 'running' },
    ]);
    await poller.refresh(b);
    assert.equal(poller.instance('web')?.node, b);
    running.set(a, []);
    await poller.refresh(a);
    assert.deepEqual([poller.instance('web')?.node, poller.instance('db')?.node], [b, b]);
    running.set(b, [{ uuid: 'db', state: 'running' }]);
    await poller.refresh(b);
    assert.equal(poller.instance('web'), undefined);
    config.current = plainConfig({ nodes: [plainNode(0), plainNode(2)], instances: [] });
    await poller.pollOnce();
    assert.equal(poller.instance('db'), undefined);
    assert.equal(poller.node(b), undefined);
    await poller.stop();
  });

  it('keeps the last report of a node that fails, as stale', async () => {
    const { poller, failing, running } = rig(1);
    const node = uuidOf(0);
    running.set(node, [{ uuid: 'web', state: 'running' }]);
    await poller.refresh(node);
    failing.add(node);
    const before = poller.version;
    await poller.refresh(node);
    assert.equal(poller.node(node)?.stale, true);
    assert.equal(poller.node(node)?.info, info);
    assert.equal(poller.instance('web')?.node, node);
    assert.equal(poller.version, before + 1);
    failing.delete(node);
    await poller.refresh(node);
    assert.equal(poller.node(node)?.stale, false);
    await poller.stop();
  });

  it('asks at its interval, those that hang not again, until it is stopped', async () => {
    const { poller, asked, held, pass, sleeping } = rig(2);
    const [a, b] = [uuidOf(0), uuidOf(1)];
    await poller.start();
    await pass(0);
    assert.equal(sleeping(), 1, 'only the pause before the next look goes on');
    assert.deepEqual(asked.splice(0), [a, b]);
    held.add(a);
    await pass(4999);
    assert.deepEqual(asked.splice(0), []);
    await pass(1);
    assert.deepEqual(asked.splice(0), [a, b]);
    await pass(5000);
    assert.deepEqual(asked.splice(0), [b], 'the first is being asked still');
    await poller.stop();
    await pass(5000);
    assert.deepEqual(asked, []);
    await poller.pollOnce();
    assert.deepEqual(asked, [], 'nothing is asked after the end');
  });

  it('waits at its start for no longer than an interval', async () => {
    const { poller, held, pass } = rig(2);
    held.add(uuidOf(0));
    let started = false;
    const starting = poller.start().then(() => {
      started = true;
    });
    await pass(4999);
    assert.equal(started, false);
    await pass(1);
    assert.equal(started, true);
    await starting;
    await poller.stop();
  });

  it('does not believe a report for longer than three intervals', async () => {
    const { poller, pass } = rig(1);
    await poller.refresh(uuidOf(0));
    await pass(15_000);
    assert.deepEqual([poller.node(uuidOf(0))?.stale, poller.node(uuidOf(0))?.at], [false, 0]);
    await pass(1);
    assert.equal(poller.node(uuidOf(0))?.stale, true);
  });

  it('tells who has answered, and forgets a node that is offline', async () => {
    const { poller, answered, failing, running, config, asked } = rig(2);
    const [a, b] = [uuidOf(0), uuidOf(1)];
    running.set(a, [{ uuid: 'web', state: 'running' }]);
    failing.add(b);
    await poller.pollOnce();
    assert.deepEqual(answered, [a]);
    assert.deepEqual([poller.node(b), poller.version], [undefined, 1], 'one that never answered changes nothing by failing');
    config.current = plainConfig({ nodes: [plainNode(0, { offline: true }), plainNode(1)], instances: [] });
    await poller.refresh(a);
    assert.deepEqual([poller.node(a), poller.instance('web'), poller.version], [undefined, undefined, 2]);
    assert.equal(asked.filter((node) => node === a).length, 1, 'nobody calls it');
    await poller.refresh('gone');
    assert.deepEqual(
      asked.filter((node) => node === 'gone'),
      [],
    );
  });

  it('fails once: a node that goes on failing changes nothing more', async () => {
    const { poller, failing } = rig(1);
    await poller.refresh(uuidOf(0));
    failing.add(uuidOf(0));
    await poller.refresh(uuidOf(0));
    await poller.refresh(uuidOf(0));
    assert.equal(poller.version, 2);
  });

  it('believes the answer to the later question, whichever comes last', async () => {
    const node = uuidOf(0);
    const answers: { resolve: (list: object[]) => void; reject: (error: Error) => void }[] = [];
    const nodes = {
      call: (_node: string, method: string) =>
        method === 'node-info' ? Promise.resolve(info) : new Promise<object[]>((resolve, reject) => answers.push({ resolve, reject })),
    } as unknown as NodeCaller;
    const config = { current: plainConfig({ nodes: [plainNode(0)], instances: [] }) } as unknown as Config;
    const poller = new LivePoller({ config, nodes, clock: { now: () => 0, sleep: async () => undefined }, log: silentLog });
    const ask = async (count: number) => {
      answers.splice(0);
      const asked = Array.from({ length: count }, () => poller.refresh(node));
      await new Promise(setImmediate);
      return asked;
    };
    const before = [{ uuid: 'web', state: 'running' }];
    const both = await ask(2);
    answers[1]?.resolve([]);
    await both[1];
    answers[0]?.resolve(before);
    await both[0];
    assert.deepEqual([poller.instance('web'), poller.version], [undefined, 1], 'the earlier question is out of date');
    const failed = await ask(2);
    answers[1]?.resolve(before);
    await failed[1];
    answers[0]?.reject(new GantryError('NODE_TIMED_OUT', { node, method: 'instance-list', seconds: 1 }));
    await failed[0];
    assert.equal(poller.node(node)?.stale, false, 'the failure is out of date, too');
    assert.equal(poller.instance('web')?.node, node);
  });

  it('takes a paused instance for alive, and a later report of a dead one does not hide it', async () => {
    const { poller, running } = rig(2);
    const [a, b] = [uuidOf(0), uuidOf(1)];
    running.set(a, [{ uuid: 'web', state: 'shutdown' }]);
    running.set(b, [{ uuid: 'web', state: 'paused' }]);
    await poller.refresh(a);
    assert.equal(poller.instance('web')?.node, a);
    await poller.refresh(b);
    assert.deepEqual([poller.instance('web')?.node, poller.instance('web')?.runtime.state], [b, 'paused']);
    await poller.refresh(a);
    assert.equal(poller.instance('web')?.node, b);
    running.set(a, [{ uuid: 'web', state: 'crashed' }]);
    await poller.refresh(a);
    assert.equal(poller.instance('web')?.node, b);
  });
});
