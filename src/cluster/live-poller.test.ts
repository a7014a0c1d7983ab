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
  const poller = new LivePoller({ config: config as unknown as Config, nodes, clock, log: silentLog });
  return {
    ...{ poller, held, failing, asked, running, config },
    most: () => most,
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
});
