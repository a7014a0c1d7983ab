import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GantryError, type Log, silentLog } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { campaign, currentLeader, type Leadership } from './leadership.ts';
import type { Entry, Lease, Store, WatchBatch } from './store.ts';
import { heldClock } from './testing/held-clock.ts';

// Who leads, on a clock that the test holds and a store of one key.

const unavailable = new GantryError('STORE_UNAVAILABLE', { store: 'x', detail: 'gone' });
const unknownLease = new GantryError('STORE_LEASE_UNKNOWN', { lease: 'x' });

function rig(ttlSeconds = 30) {
  const clock = heldClock();
  let leader: Entry | undefined;
  let revision = 10;
  const done: string[] = [];
  const watches: { prefix: string; after: number; signal: AbortSignal; push: (batch: WatchBatch) => void; open: boolean }[] = [];
  /** Thrown by a method, as long as it is here. */
  const trouble: { [M in 'range' | 'grantLease' | 'keepAlive' | 'get' | 'transact' | 'revoke']?: Error } = {};
  const meet = async (method: keyof typeof trouble) => {
    done.push(method);
    await new Promise(setImmediate);
    const error = trouble[method];
    if (error) throw error;
  };
  const write = (value: string) => {
    revision++;
    leader = { key: keys.leader, value, createRevision: revision, modRevision: revision };
  };
  const tell = (batch: WatchBatch) => {
    for (const { push } of watches) push(batch);
  };
  const vacate = () => {
    leader = undefined;
    revision++;
    tell({ revision, events: [{ type: 'delete', key: keys.leader, modRevision: revision }] });
  };
  const lease: Lease = {
    id: 'lease',
    keepAlive: () => meet('keepAlive'),
    revoke: async () => {
      await meet('revoke');
      if (JSON.parse(leader?.value ?? '{}').name === 'me') vacate();
    },
  };
  const store = {
    get: async (key: string) => {
      await meet('get');
      return key === keys.leader ? leader : undefined;
    },
    range: async (prefix: string) => {
      await meet('range');
      assert.equal(prefix, keys.leader);
      const beside = { key: `${keys.leader}-beside`, value: '', createRevision: 1, modRevision: 1 };
      return { entries: leader ? [leader, beside] : [beside], revision, more: false };
    },
    grantLease: async (seconds: number) => {
      done.push(`${seconds} s`);
      await meet('grantLease');
      return lease;
    },
    transact: async ({ compares, writes }: Parameters<Store['transact']>[0]) => {
      await meet('transact');
      assert.deepEqual(compares, [{ key: keys.leader, modRevision: 0 }]);
      if (leader) return { committed: false };
      const [put] = writes;
      assert.ok(put?.type === 'put' && put.leaseId === 'lease');
      write(put.value);
      return { committed: true, revision };
    },
    async *watch(prefix: string, after: number, signal: AbortSignal) {
      const queue: WatchBatch[] = [];
      let wake = () => undefined as void;
      const mine = {
        ...{ prefix, after, signal, open: true },
        push: (batch: WatchBatch) => {
          queue.push(batch);
          wake();
        },
      };
      watches.push(mine);
      signal.addEventListener('abort', () => wake());
      try {
        while (!signal.aborted) {
          const batch = queue.shift();
          if (batch) yield batch;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        mine.open = false;
      }
    },
  } as unknown as Store;
  const told: string[] = [];
  const tellLog = (_facts: unknown, text: string) => void told.push(text);
  const log = Object.assign(Object.create(silentLog) as Log, { info: tellLog, warn: tellLog, error: tellLog });
  const stop = new AbortController();
  let won: Leadership | undefined;
  let failed: unknown;
  const standing = campaign(store, { name: 'me', ttlSeconds, clock, log, signal: stop.signal }).then(
    (leadership) => (won = leadership),
    (error: unknown) => {
      failed = error;
    },
  );
  const settle = () => clock.pass(0);
  return {
    ...{ clock, store, done, watches, trouble, told, stop, standing, settle, vacate, tell },
    won: () => won,
    failed: () => failed,
    rule: (value = JSON.stringify({ name: 'other', since: 1 })) => write(value),
    depose: () => {
      leader = undefined;
    },
    leader: () => leader,
  };
}

type Rig = ReturnType<typeof rig>;

async function leading(ttlSeconds = 30): Promise<Rig & { lead: Leadership; lost: () => GantryError | undefined }> {
  const made = rig(ttlSeconds);
  await made.settle();
  const lead = made.won();
  assert.ok(lead);
  made.done.splice(0);
  let reason: GantryError | undefined;
  void lead.lost.then((error) => (reason = error));
  return { ...made, lead, lost: () => reason };
}

describe('a candidate', () => {
  it('leads at once where nobody does', async () => {
    const made = rig();
    await made.settle();
    const lead = made.won();
    assert.deepEqual(made.done, ['range', '30 s', 'grantLease', 'transact']);
    assert.deepEqual([lead?.term, lead?.compare], [11, { key: keys.leader, modRevision: 11 }]);
    assert.deepEqual(lead?.rider(), { compares: [lead?.compare], writes: [] });
    assert.equal(lead?.doubt(), undefined);
    assert.deepEqual(await currentLeader(made.store), { name: 'me', since: 1000, term: 11 });
    assert.deepEqual(made.told, ['this master leads']);
    await lead?.resign();
    assert.equal(await currentLeader(made.store), undefined);
  });

  it('waits until the leader is gone, and for nothing else', async () => {
    const made = rig();
    made.rule();
    await made.settle();
    assert.deepEqual(
      made.watches.map(({ prefix, after }) => [prefix, after]),
      [[keys.leader, 11]],
    );
    assert.deepEqual(made.clock.pauses, [5000]);
    const entry = { key: keys.leader, value: '', createRevision: 1, modRevision: 12 };
    made.tell({ revision: 12, events: [{ type: 'put', entry }] });
    made.tell({ revision: 13, events: [{ type: 'delete', key: `${keys.leader}-beside`, modRevision: 13 }] });
    await made.settle();
    assert.equal(made.won(), undefined);
    assert.equal(made.done.filter((line) => line === 'range').length, 1);
    made.vacate();
    await made.settle();
    assert.ok(made.won());
    assert.equal(made.done.filter((line) => line === 'range').length, 1, 'it stands at once');
    assert.ok(
      made.watches.every(({ open }) => !open),
      'and watches no more',
    );
    assert.ok(!made.clock.pauses.includes(5000));
    await made.won()?.resign();
  });

  it('looks by itself when a watch hangs', async () => {
    const made = rig();
    made.rule();
    await made.settle();
    made.depose();
    await made.clock.pass(4999);
    assert.equal(made.won(), undefined);
    await made.clock.pass(1);
    assert.ok(made.won());
    assert.deepEqual(
      made.watches.map(({ open }) => open),
      [false],
    );
  });

  it('that comes too late gives its lease back and goes on waiting', async () => {
    const made = rig();
    const taken = setImmediate(() => made.rule());
    await made.settle();
    clearImmediate(taken);
    assert.equal(made.won(), undefined);
    assert.deepEqual(made.done, ['range', '30 s', 'grantLease', 'transact', 'revoke', 'range']);
    made.vacate();
    await made.settle();
    assert.ok(made.won());
  });

  it('waits a second for what passes, and fails with all else', async () => {
    for (const code of ['STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_LEASE_UNKNOWN'] as const) {
      const made = rig();
      made.trouble.grantLease = new GantryError(code, { store: 'x', detail: 'y', lease: 'z' } as never);
      await made.settle();
      assert.deepEqual([made.failed(), made.clock.pauses], [undefined, [1000]], code);
      delete made.trouble.grantLease;
      await made.clock.pass(999);
      assert.equal(made.won(), undefined);
      await made.clock.pass(1);
      assert.ok(made.won(), code);
      assert.ok(made.told.includes('waiting for the leadership was interrupted'));
    }
    for (const error of [new GantryError('STORE_CORRUPT', { store: 'x', detail: 'y' }), new TypeError('a defect')]) {
      const made = rig();
      made.trouble.range = error;
      await made.standing;
      assert.equal(made.failed(), error);
    }
  });

  it('can give up while it waits, in whatever', async () => {
    const reason = new Error('shutting down');
    const waiting = rig();
    waiting.rule();
    await waiting.settle();
    waiting.stop.abort(reason);
    await waiting.standing;
    assert.equal(waiting.failed(), reason);
    assert.ok(waiting.watches.every(({ open }) => !open));
    const pausing = rig();
    pausing.trouble.range = unavailable;
    await pausing.settle();
    pausing.stop.abort(reason);
    await pausing.standing;
    assert.equal(pausing.failed(), reason);
    const early = rig();
    early.stop.abort(reason);
    early.trouble.range = unavailable;
    await early.standing;
    assert.equal(early.failed(), reason, 'what the store says does not matter then');
    const none = rig();
    none.stop.abort(reason);
    await none.standing;
    assert.ok(none.won(), 'it does not end a leadership that is won');
  });
});

describe('a leader', () => {
  it('prolongs its lease three times in its time', async () => {
    const { clock, done, lead, lost } = await leading();
    for (let round = 0; round < 6; round++) {
      assert.deepEqual(clock.pauses, [10_000]);
      await clock.pass(10_000);
      assert.deepEqual(done.splice(0), ['keepAlive', 'get']);
      assert.deepEqual([lead.doubt(), lost()], [undefined, undefined]);
    }
    await lead.resign();
    assert.deepEqual(done, ['revoke']);
    await lead.resign();
    assert.deepEqual(done, ['revoke'], 'it resigns once');
    assert.equal(lost(), undefined);
    assert.deepEqual(clock.pauses, []);
  });

  it('is in doubt when its lease has run out, and told why', async () => {
    const { clock, lead } = await leading();
    await clock.pass(9999);
    clock.pass(20_000).catch(() => undefined);
    assert.equal(lead.doubt(), undefined, 'one millisecond is left');
    clock.pass(1).catch(() => undefined);
    const doubt = lead.doubt();
    assert.deepEqual([doubt?.code, doubt?.facts], ['MASTER_PAUSED', { seconds: 30, lease: 30 }]);
    await clock.pass(0);
    assert.equal(lead.doubt(), undefined, 'its lease was prolonged');
  });

  it('tries again soon when the store is away, and is in doubt until it is back', async () => {
    const { clock, done, lead, lost, trouble, told } = await leading();
    trouble.keepAlive = unavailable;
    await clock.pass(10_000);
    assert.deepEqual([done.splice(0), clock.pauses], [['keepAlive'], [1000]]);
    assert.equal(lead.doubt(), undefined);
    for (let round = 0; round < 20; round++) await clock.pass(1000);
    assert.equal(lead.doubt(), unavailable);
    assert.equal(lost(), undefined, 'nobody knows');
    assert.ok(told.includes('the leadership could not be prolonged'));
    delete trouble.keepAlive;
    await clock.pass(1000);
    assert.deepEqual([lead.doubt(), clock.pauses], [undefined, [10_000]]);
    const { clock: other, trouble: away } = await leading(3);
    away.get = unavailable;
    await other.pass(1000);
    assert.deepEqual(other.pauses, [300], 'a short lease has shorter pauses');
  });

  it('forgets a trouble that is over', async () => {
    const { clock, lead, trouble } = await leading();
    trouble.get = unavailable;
    await clock.pass(10_000);
    delete trouble.get;
    await clock.pass(1000);
    clock.pass(40_000).catch(() => undefined);
    assert.equal(lead.doubt()?.code, 'MASTER_PAUSED');
  });

  it('is told of its end: its key is gone, another one leads, its lease is unknown', async () => {
    const gone = await leading();
    gone.depose();
    await gone.clock.pass(10_000);
    assert.match(gone.lost()?.message ?? '', /its leadership was ended/);
    assert.equal(gone.lead.doubt(), gone.lost());
    assert.deepEqual(gone.clock.pauses, [], 'it prolongs nothing any more');
    assert.ok(gone.told.includes('the leadership is lost'));
    const deposed = await leading();
    deposed.rule();
    await deposed.clock.pass(10_000);
    assert.match(deposed.lost()?.message ?? '', /another master leads/);
    const late = await leading();
    late.trouble.keepAlive = unknownLease;
    await late.clock.pass(10_000);
    assert.match(late.lost()?.message ?? '', /its leadership was ended/);
    const paused = await leading();
    paused.trouble.keepAlive = unknownLease;
    await paused.clock.pass(45_000);
    assert.equal(paused.lost()?.code, 'MASTER_PAUSED');
    const cut = await leading();
    cut.trouble.keepAlive = unavailable;
    await cut.clock.pass(31_000);
    cut.trouble.keepAlive = unknownLease;
    await cut.clock.pass(1000);
    assert.equal(cut.lost(), unavailable);
  });

  it('ends for the first reason alone', async () => {
    const { lead, lost, settle, told } = await leading();
    const [first, second] = ['a', 'b'].map((reason) => new GantryError('MASTER_STANDS_BY', { reason }));
    lead.lose(first as GantryError);
    lead.lose(second as GantryError);
    await settle();
    assert.deepEqual([lost(), lead.doubt()], [first, first]);
    assert.equal(told.filter((text) => text === 'the leadership is lost').length, 1);
    await lead.resign();
  });

  it('resigns although its lease cannot be given back', async () => {
    const { lead, trouble, told } = await leading();
    trouble.revoke = unavailable;
    await lead.resign();
    assert.match(told.at(-1) ?? '', /^the leadership could not be /);
  });
});
