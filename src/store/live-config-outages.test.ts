import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GantryError, type Log, silentLog } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Config } from './config.ts';
import { createConfig } from './create-config.ts';
import { openConfig } from './live-config.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, WatchBatch } from './store.ts';
import { delegateStore } from './testing/delegate-store.ts';
import { heldClock } from './testing/held-clock.ts';
import { sampleCluster, sampleGroup, sampleNode } from './testing/sample-objects.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

// How a configuration is kept current when the store fails, is contended, or says nothing.

const directory = await temporaryDirectory();
let files = 0;
const unavailable = new GantryError('STORE_UNAVAILABLE', { store: 'x', detail: 'gone' });

/** A configuration whose watch says only what the test lets it say. */
async function rig(context: { after(body: () => Promise<void>): void }, changes: (store: Store) => Partial<Store> = () => ({})) {
  const store = await openSqliteStore(join(directory, `${files++}.db`));
  await createConfig(store, { cluster: sampleCluster, groups: [sampleGroup], nodes: [sampleNode(0)] });
  const clock = heldClock();
  const told: string[] = [];
  const tell = (_facts: unknown, text: string) => void told.push(text);
  const watches: { prefix: string; after: number; signal: AbortSignal; end(error?: Error): void; push(batch: WatchBatch): void }[] = [];
  let ranges = 0;
  const watched = delegateStore(store, {
    range: (prefix, options) => {
      ranges++;
      return store.range(prefix, options);
    },
    async *watch(prefix, after, signal) {
      const queue: WatchBatch[] = [];
      let wake = () => undefined as void;
      let over: { error: Error | undefined } | undefined;
      const end = (error?: Error) => {
        over = { error };
        wake();
      };
      signal.addEventListener('abort', () => end());
      const push = (batch: WatchBatch) => {
        queue.push(batch);
        wake();
      };
      watches.push({ prefix, after, signal, end, push });
      while (!signal.aborted) {
        const batch = queue.shift();
        if (batch) yield batch;
        else if (over?.error) throw over.error;
        else if (over) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    ...changes(store),
  });
  const log = Object.assign(Object.create(silentLog) as Log, { warn: tell, error: tell });
  const config = await openConfig(watched, { clock, log });
  context.after(async () => {
    await config.close();
    await store.close();
  });
  /** Somebody else changes the node; nobody is told. */
  const changeElsewhere = async (tags: string[]) => {
    const outcome = await store.transact({
      compares: [],
      writes: [{ type: 'put', key: keys.node(sampleNode(0).uuid), value: JSON.stringify({ ...sampleNode(0), tags }) }],
    });
    assert.ok(outcome.committed);
    return outcome.revision;
  };
  const tags = () => config.current.nodes.get(sampleNode(0).uuid)?.tags;
  return { store, config, clock, told, watches, changeElsewhere, tags, ranges: () => ranges };
}

const tag = (config: Config, ...tags: string[]) =>
  config.transact((draft) => draft.update('node', sampleNode(0).uuid, (old) => ({ ...old, tags: [...old.tags, ...tags] })));

describe('a configuration that is not told', () => {
  it('reads everything once after a while, and then knows', async (context) => {
    const { config, changeElsewhere, tags, ranges } = await rig(context);
    const revision = await changeElsewhere(['late']);
    const began = performance.now();
    await config.reached(revision);
    assert.ok(performance.now() - began >= 200, 'after a while');
    assert.deepEqual([tags(), config.current.revision, ranges()], [['late'], revision, 2]);
    await config.reached(revision);
    await sleep(300);
    assert.equal(ranges(), 2, 'what is known is not read again');
  });

  it('reads once for all who wait', async (context) => {
    const { config, changeElsewhere, ranges } = await rig(context);
    const revision = await changeElsewhere(['late']);
    await Promise.all([config.reached(revision), config.reached(revision), config.reached(revision - 1)]);
    assert.equal(ranges(), 2);
  });

  it('tells when it cannot be read, and goes on', async (context) => {
    let away = false;
    const { config, told, watches, changeElsewhere } = await rig(context, (store) => ({
      range: (prefix, options) => (away ? Promise.reject(unavailable) : store.range(prefix, options)),
    }));
    const revision = await changeElsewhere(['late']);
    away = true;
    const reached = config.reached(revision);
    await sleep(300);
    assert.deepEqual(told, ['reading the configuration failed']);
    watches[0]?.push({ revision, events: [] });
    await reached;
  });

  it('does not wait for a change of something else', async (context) => {
    const { config } = await rig(context);
    const before = config.current.revision;
    const write = { type: 'put', key: '/jobs/1', value: '' } as const;
    const { revision } = await config.transact(
      () => undefined,
      () => ({ compares: [], writes: [write] }),
    );
    assert.ok(revision > before);
    assert.equal(config.current.revision, before);
  });

  it('takes over what the watch says, once and in order', async (context) => {
    const { config, watches, clock } = await rig(context);
    const { revision } = config.current;
    const [watch] = watches;
    assert.deepEqual([watch?.prefix, watch?.after], [keys.config, revision]);
    const node = (tags: string[]) => ({
      key: keys.node(sampleNode(0).uuid),
      value: JSON.stringify({ ...sampleNode(0), tags }),
      createRevision: 1,
    });
    const put = (at: number, tags: string[]) =>
      watch?.push({ revision: at, events: [{ type: 'put', entry: { ...node(tags), modRevision: at } }] });
    put(revision, ['old']);
    await clock.pass(0);
    assert.deepEqual(config.current.nodes.get(sampleNode(0).uuid)?.tags, [], 'that was known before');
    put(revision + 1, ['new']);
    await clock.pass(0);
    assert.deepEqual([config.current.nodes.get(sampleNode(0).uuid)?.tags, config.current.revision], [['new'], revision + 1]);
    const waiting = config.reached(revision + 3);
    let reached = false;
    void waiting.then(() => (reached = true));
    put(revision + 2, ['newer']);
    await clock.pass(0);
    assert.equal(reached, false);
    put(revision + 3, ['newest']);
    await waiting;
  });
});

describe('a watch that fails', () => {
  it('is begun again after a second when the store is away, behind what is known', async (context) => {
    const { config, clock, told, watches } = await rig(context);
    const { revision } = config.current;
    watches[0]?.push({ revision: revision + 5, events: [] });
    await clock.pass(0);
    watches[0]?.end(unavailable);
    await clock.pass(0);
    assert.deepEqual([told, clock.pauses, watches.length], [['watching the configuration was interrupted'], [1000], 1]);
    await clock.pass(1000);
    assert.deepEqual([watches.length, watches[1]?.after], [2, revision + 5]);
    await tag(config, 'a').catch(() => assert.fail('it can be changed'));
  });

  it('is begun again at once when it has ended by itself', async (context) => {
    const { clock, watches, told } = await rig(context);
    watches[0]?.end();
    await clock.pass(0);
    assert.deepEqual([watches.length, told, clock.pauses], [2, [], []]);
  });

  it('is replaced by a reading when its history is gone', async (context) => {
    const { clock, watches, changeElsewhere, tags, ranges } = await rig(context);
    const revision = await changeElsewhere(['missed']);
    watches[0]?.end(new GantryError('STORE_COMPACTED', { after: 1, oldest: 2 }));
    await clock.pass(0);
    assert.deepEqual([tags(), ranges(), watches[1]?.after], [['missed'], 2, revision]);
  });

  it('is replaced by a reading as soon as that is possible', async (context) => {
    let away = false;
    const { clock, watches, changeElsewhere, tags, told } = await rig(context, (store) => ({
      range: (prefix, options) => (away ? Promise.reject(unavailable) : store.range(prefix, options)),
    }));
    await changeElsewhere(['missed']);
    away = true;
    watches[0]?.end(new GantryError('STORE_COMPACTED', { after: 1, oldest: 2 }));
    await clock.pass(0);
    assert.deepEqual([told, clock.pauses], [['watching the configuration was interrupted'], [1000]]);
    away = false;
    await clock.pass(1000);
    watches[1]?.end(new GantryError('STORE_COMPACTED', { after: 1, oldest: 2 }));
    await clock.pass(0);
    assert.deepEqual(tags(), ['missed']);
  });

  it('ends the configuration with everything else, and everybody who waits is told', async (context) => {
    const { config, clock, told, watches } = await rig(context);
    const waiting = assert.rejects(config.reached(1_000_000), { code: 'STORE_CORRUPT' });
    watches[0]?.end(new GantryError('STORE_CORRUPT', { store: 'x', detail: 'y' }));
    await clock.pass(0);
    await waiting;
    assert.deepEqual([told, watches.length], [['the configuration cannot be followed any more'], 1]);
    await assert.rejects(tag(config, 'a'), { code: 'STORE_CORRUPT' });
    await assert.rejects(config.reached(1_000_000), { code: 'STORE_CORRUPT' });
    await config.close();
    await assert.rejects(tag(config, 'a'), { code: 'STORE_CORRUPT' }, 'the first reason stays');
  });

  it('is not begun again when the configuration is closed', async (context) => {
    const { config, clock, watches, told } = await rig(context);
    watches[0]?.end(unavailable);
    await clock.pass(0);
    told.splice(0);
    await config.close();
    await clock.pass(5000);
    assert.deepEqual([watches.length, watches[0]?.signal.aborted, clock.pauses, told], [1, true, [], []]);
  });
});

describe('a change that others are faster than', () => {
  it('is tried 64 times, then given up; the next one is not kept back', async (context) => {
    let refused = 0;
    let refuse = false;
    const { config, tags } = await rig(context, (store) => ({
      transact: async (transaction) => {
        if (!refuse) return store.transact(transaction);
        refused++;
        return { committed: false };
      },
    }));
    refuse = true;
    await assert.rejects(tag(config, 'a'), { code: 'STORE_CONTENDED', facts: { attempts: 64 } });
    assert.equal(refused, 64);
    refuse = false;
    await tag(config, 'b');
    assert.deepEqual(tags(), ['b']);
  });

  it('is tried one at a time after the first attempt', async (context) => {
    let under = 0;
    let most = 0;
    let refuse = 6;
    const { config, tags } = await rig(context, (store) => ({
      transact: async (transaction) => {
        const late = refuse <= 3;
        if (late) most = Math.max(most, ++under);
        await sleep(5);
        if (late) under--;
        return refuse-- > 0 ? { committed: false } : store.transact(transaction);
      },
    }));
    await Promise.all(['a', 'b', 'c'].map((name) => tag(config, name)));
    assert.deepEqual([most, [...(tags() ?? [])].sort()], [1, ['a', 'b', 'c']]);
  });

  it('waits until it knows what was in its way', async (context) => {
    const { config, changeElsewhere, watches, tags } = await rig(context);
    const revision = await changeElsewhere(['theirs']);
    let done = false;
    const mine = tag(config, 'mine').then(() => (done = true));
    await sleep(20);
    assert.equal(done, false);
    const entry = {
      key: keys.node(sampleNode(0).uuid),
      value: JSON.stringify({ ...sampleNode(0), tags: ['theirs'] }),
      createRevision: 1,
      modRevision: revision,
    };
    watches[0]?.push({ revision, events: [{ type: 'put', entry }] });
    await mine;
    assert.deepEqual(tags(), ['theirs', 'mine']);
  });

  it('is refused for good when the rider does not hold', async (context) => {
    let attempts = 0;
    const { config } = await rig(context, (store) => ({
      transact: (transaction) => {
        attempts++;
        return store.transact(transaction);
      },
    }));
    const fence = (modRevision: number) => () => ({ compares: [{ key: '/leader', modRevision }], writes: [] });
    const change = (modRevision: number) =>
      config.transact((draft) => draft.update('node', sampleNode(0).uuid, (old) => ({ ...old, tags: ['x'] })), fence(modRevision));
    await assert.rejects(change(7), { code: 'FENCED', facts: { key: '/leader' } });
    assert.equal(attempts, 1);
    await change(0);
  });

  it('may be rehearsed, and nothing comes of it', async (context) => {
    const { config, store, tags } = await rig(context);
    const { revision } = await store.range('');
    let seen: readonly string[] = [];
    config.rehearse((draft) => {
      draft.update('node', sampleNode(0).uuid, (old) => ({ ...old, tags: ['x'] }));
      seen = draft.need('node', sampleNode(0).uuid).tags;
    });
    assert.throws(() => config.rehearse((draft) => void draft.need('node', 'none')), { code: 'OBJECT_UNKNOWN' });
    assert.deepEqual([seen, tags(), (await store.range('')).revision], [['x'], [], revision]);
  });
});
