import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentOperation } from '../../base/index.ts';
import { createKeyedMutex } from '../../host/index.ts';
import type { HandlerContext } from '../../rpc/index.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { NodeParts } from '../node-parts.ts';
import { instanceStopper } from './stop-instance.ts';

const context = (signal = new AbortController().signal, texts: string[] = []): HandlerContext => ({
  stepId: 's',
  operation: silentOperation,
  progress: ({ text }) => void texts.push(text),
  signal,
});
const request = (timeout: number, uuid = 'i1') => ({ uuid, name: `name-of-${uuid}`, hypervisor: 'fake' as const, timeout });

/** A hypervisor whose guests never stop when they are asked; `stops` has the patience of each call, and `-` where one was given up. */
function rig() {
  const stops: string[] = [];
  const gone = new Set<string>();
  const stop: Hypervisor['stop'] = async ({ uuid }, timeout, { signal }) => {
    stops.push(`${uuid} ${timeout}`);
    if (timeout > 0 && !gone.has(uuid)) {
      await new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    }
    const changed = !gone.has(uuid);
    gone.add(uuid);
    return { changed, graceful: false };
  };
  const parts = {
    hypervisors: new Map([['fake', { name: 'fake', stop } as unknown as Hypervisor]]),
    network: { cleanup: async () => undefined },
    activations: { get: async () => undefined, remove: async () => undefined },
    diskTemplates: new Map(),
  } as unknown as NodeParts;
  const exclusively = createKeyedMutex();
  return { stops, exclusively, stopInstance: instanceStopper(parts, exclusively) };
}

const turns = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

describe('a hard stop', () => {
  it('makes a graceful one hard that waits for the same guest, and leaves others alone', async () => {
    const { stops, stopInstance } = rig();
    const texts: string[] = [];
    const other = new AbortController();
    const slow = stopInstance(request(120), context(undefined, texts));
    const alone = stopInstance(request(120, 'i2'), context(other.signal));
    await turns();
    assert.deepEqual(await stopInstance(request(0), context()), { changed: false, graceful: false });
    assert.deepEqual(await slow, { changed: true, graceful: false });
    assert.deepEqual(texts, ['not waiting for the guest any more: it is stopped hard']);
    assert.deepEqual(stops, ['i1 120', 'i2 120', 'i1 0', 'i1 0']);
    other.abort(new Error('given up'));
    await assert.rejects(alone, /given up/);
  });

  it('comes before the patience of one that is still waiting for its turn', async () => {
    const { stops, stopInstance, exclusively } = rig();
    const gate = Promise.withResolvers<void>();
    const before = exclusively('i1', () => gate.promise);
    const slow = stopInstance(request(120), context());
    const hard = stopInstance(request(0), context());
    gate.resolve();
    await Promise.all([before, slow, hard]);
    assert.deepEqual(stops, ['i1 0', 'i1 0']);
  });

  it('is forgotten when it has ended', async () => {
    const { stopInstance } = rig();
    await stopInstance(request(0, 'i3'), context());
    const given = new AbortController();
    const slow = stopInstance(request(120), context(given.signal));
    await turns();
    given.abort(new Error('cancelled'));
    await assert.rejects(slow, /cancelled/, 'a cancelled graceful stop leaves the guest as it is');
  });
});
