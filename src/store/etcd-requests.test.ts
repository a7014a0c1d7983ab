import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Etcd3, EtcdLeaseInvalidError, GRPCUnavailableError, GRPCUnknownError } from 'etcd3';
import { openEtcdStore } from './etcd-store.ts';
import type { WatchBatch } from './store.ts';

// What the store on etcd asks of its client, and what it makes of the answers.

const options = { hosts: ['one:2379', 'two:2379'], prefix: '/p', patienceMs: 0 };
const compacted = new GRPCUnknownError('etcdserver: mvcc: required revision has been compacted');
const away = new GRPCUnavailableError('gone');
const pair = (key: string, revision = 5) => ({
  key: Buffer.from(`/p${key}`),
  value: Buffer.from(`value of ${key}`),
  create_revision: '3',
  mod_revision: String(revision),
});
const entry = (key: string, revision = 5) => ({ key, value: `value of ${key}`, createRevision: 3, modRevision: revision });

/** A store on a client that answers with these; a request is written down with its buffers as text. */
async function rig(answers: { [method: string]: unknown } = {}) {
  const asked: [string, unknown][] = [];
  let closed = 0;
  const plain = (value: unknown): unknown => {
    if (Buffer.isBuffer(value)) return value.toString();
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  };
  const method = (name: string) => async (request: unknown) => {
    asked.push([name, plain(request)]);
    await new Promise(setImmediate);
    const answer = answers[name];
    const settled = typeof answer === 'function' ? (answer as (request: unknown) => unknown)(request) : answer;
    if (settled instanceof Error) throw settled;
    return settled ?? { kvs: [], more: false, header: { revision: '9' }, succeeded: true };
  };
  const client = {
    kv: { range: method('range'), txn: method('txn'), compact: method('compact') },
    leaseClient: { leaseGrant: method('grant'), leaseRevoke: method('revoke') },
    close: () => closed++,
  } as unknown as Etcd3;
  const store = await openEtcdStore(options, client);
  assert.deepEqual(asked.splice(0), [['range', { key: '/p/' }]], 'it is tried when it is opened');
  return { store, asked, closed: () => closed };
}

const unavailable = { code: 'STORE_UNAVAILABLE', message: /etcd:\/\/one:2379,two:2379\/p/ };

describe('a store on etcd', () => {
  it('that cannot be reached is closed again', async () => {
    let closed = 0;
    const client = { kv: { range: () => Promise.reject(away) }, close: () => closed++ } as unknown as Etcd3;
    await assert.rejects(openEtcdStore(options, client), unavailable);
    assert.equal(closed, 1);
  });

  it('reads one key under its prefix', async () => {
    const { store, asked } = await rig({
      range: ({ key }: { key: Buffer }) => (String(key) === '/p/a' ? { kvs: [pair('/a')], header: { revision: '9' } } : undefined),
    });
    assert.deepEqual([await store.get('/a'), await store.get('/b')], [entry('/a'), undefined]);
    assert.deepEqual(asked, [
      ['range', { key: '/p/a' }],
      ['range', { key: '/p/b' }],
    ]);
  });

  it('refuses everything once it is closed', async () => {
    const { store, asked, closed } = await rig();
    await store.close();
    await store.close();
    assert.equal(closed(), 1);
    for (const call of [
      () => store.get('/a'),
      () => store.range('/'),
      () => store.transact({ compares: [], writes: [] }),
      () => store.grantLease(1),
      () => store.compact(5),
    ])
      await assert.rejects(call(), { ...unavailable, message: /it was closed/ });
    assert.deepEqual(asked, []);
    const watching = async () => {
      for await (const _batch of store.watch('/', 1, new AbortController().signal)) assert.fail('nothing comes');
    };
    await assert.rejects(watching(), { code: 'STORE_UNAVAILABLE' });
    for await (const _batch of store.watch('/', 1, AbortSignal.abort()) satisfies AsyncIterable<WatchBatch>)
      assert.fail('it was told to end');
  });

  it('passes on what its client says', async () => {
    const { store } = await rig({ txn: away, grant: new Error('etcdserver: mvcc: database space exceeded') });
    await assert.rejects(store.transact({ compares: [], writes: [] }), unavailable);
    await assert.rejects(store.grantLease(1), { code: 'STORE_FULL' });
  });
});

describe('a transaction on etcd', () => {
  it('compares and writes what it should', async () => {
    const { store, asked } = await rig();
    const writes = [
      { type: 'put' as const, key: '/a', value: 'x' },
      { type: 'put' as const, key: '/b', value: 'y', leaseId: '77' },
      { type: 'delete' as const, key: '/c' },
    ];
    assert.deepEqual(await store.transact({ compares: [{ key: '/k', modRevision: 4 }], writes }), { committed: true, revision: 9 });
    const compare = [{ result: 'Equal', target: 'Mod', key: '/p/k', mod_revision: 4 }];
    const success = [
      { request_put: { key: '/p/a', value: 'x', lease: '0' } },
      { request_put: { key: '/p/b', value: 'y', lease: '77' } },
      { request_delete_range: { key: '/p/c' } },
    ];
    assert.deepEqual(asked, [['txn', { compare, success }]]);
    const refused = await rig({ txn: { succeeded: false, header: { revision: '9' } } });
    assert.deepEqual(await refused.store.transact({ compares: [], writes: [] }), { committed: false });
  });

  it('is refused before anything is asked when it cannot be', async () => {
    const { store, asked } = await rig();
    await assert.rejects(store.transact({ compares: [], writes: [{ type: 'delete', key: '' }] }), { code: 'INTERNAL' });
    for (const leaseId of ['0', '-1', 'x', '1'.repeat(20), ''])
      await assert.rejects(store.transact({ compares: [], writes: [{ type: 'put', key: '/a', value: '', leaseId }] }), {
        code: 'STORE_LEASE_UNKNOWN',
        facts: { lease: leaseId },
      });
    assert.deepEqual(asked, []);
  });
});

describe('a range of etcd', () => {
  const end = '/p/r/\u{10ffff}';
  /** Answers with `sizes` pages of revision 20, and others when it was compacted. */
  const paged = (pages: readonly (readonly string[])[]) => {
    let at = 0;
    return () => ({ kvs: (pages[at++] ?? []).map((key) => pair(key)), more: at < pages.length, header: { revision: String(20 + at) } });
  };

  it('is read in pages of one revision', async () => {
    const { store, asked } = await rig({ range: (request: { range_end?: Buffer }) => (request.range_end ? pages() : undefined) });
    const pages = paged([['/r/a', '/r/b'], ['/r/c']]);
    assert.deepEqual(await store.range('/r/'), { entries: ['/r/a', '/r/b', '/r/c'].map((key) => entry(key)), revision: 21, more: false });
    assert.deepEqual(asked, [
      ['range', { key: '/p/r/', range_end: end, revision: 0, limit: 1000 }],
      ['range', { key: '/p/r/b\0', range_end: end, revision: 21, limit: 1000 }],
    ]);
  });

  it('is read up to a limit, and from behind a key on', async () => {
    const read = async (given: object, ...found: string[][]) => {
      const { store, asked } = await rig({ range: (request: { range_end?: Buffer }) => (request.range_end ? pages() : undefined) });
      const pages = paged(found);
      const { entries, more } = await store.range('/r/', given);
      return [
        entries.length,
        more,
        ...asked.map(([, request]) => [(request as { key: string }).key, (request as { limit: number }).limit]),
      ];
    };
    assert.deepEqual(await read({ limit: 2 }, ['/r/a', '/r/b'], ['/r/c']), [2, true, ['/p/r/', 2]]);
    assert.deepEqual(await read({ limit: 2 }, ['/r/a', '/r/b']), [2, false, ['/p/r/', 2]]);
    assert.deepEqual(await read({ limit: 3 }, ['/r/a', '/r/b'], ['/r/c'], ['/r/d']), [3, true, ['/p/r/', 3], ['/p/r/b\0', 1]]);
    assert.deepEqual(await read({ limit: 1500 }, ['/r/a']), [1, false, ['/p/r/', 1000]]);
    assert.deepEqual(await read({ after: '/r/a' }, ['/r/b']), [1, false, ['/p/r/a\0', 1000]]);
    assert.deepEqual(await read({ after: '/q' }, ['/r/b']), [1, false, ['/p/r/', 1000]], 'a key before all of it changes nothing');
    assert.deepEqual(await read({ after: '' }, ['/r/b']), [1, false, ['/p/r/', 1000]]);
    assert.deepEqual(await read({}, [], ['/r/b']), [0, true, ['/p/r/', 1000]], 'a page of nothing is the last one');
  });

  it('is read again when it was compacted between two pages, and fails with all else', async () => {
    const answers: unknown[] = [
      { kvs: [pair('/r/a')], more: true, header: { revision: '20' } },
      compacted,
      { kvs: [pair('/r/b', 30)], more: false, header: { revision: '30' } },
    ];
    const { store, asked } = await rig({ range: (request: { range_end?: Buffer }) => (request.range_end ? answers.shift() : undefined) });
    assert.deepEqual(await store.range('/r/'), { entries: [entry('/r/b', 30)], revision: 30, more: false });
    assert.deepEqual(
      asked.map(([, request]) => (request as { revision: number }).revision),
      [0, 20, 0],
    );
    answers.push(compacted);
    await assert.rejects(store.range('/r/'), { code: 'STORE_UNAVAILABLE' }, 'the first page is of no revision that could be gone');
    answers.push({ kvs: [pair('/r/a')], more: true, header: { revision: '20' } }, away);
    await assert.rejects(store.range('/r/'), unavailable);
    const defect = new TypeError('a defect');
    answers.push({ kvs: [pair('/r/a')], more: true, header: { revision: '20' } }, defect);
    await assert.rejects(store.range('/r/'), defect);
  });
});

describe('a lease of etcd', () => {
  it('has whole seconds, and what a thread needs to prolong it', async () => {
    const { store, asked } = await rig({ grant: { ID: '77' } });
    const lease = await store.grantLease(1.2);
    assert.deepEqual([lease.id, lease.remote], ['77', { type: 'etcd', id: '77', options }]);
    await lease.revoke();
    assert.deepEqual(asked, [
      ['grant', { TTL: 2 }],
      ['revoke', { ID: '77' }],
    ]);
  });

  it('may have ended before it is given back', async () => {
    const revoke = async (error: Error) => (await (await rig({ grant: { ID: '77' }, revoke: error })).store.grantLease(1)).revoke();
    await revoke(new EtcdLeaseInvalidError('etcdserver: requested lease not found'));
    await assert.rejects(revoke(away), unavailable);
  });
});

describe('the compaction of etcd', () => {
  it('forgets what was before a revision, at most all there is', async () => {
    const of = async (revision: number, compact?: Error) => {
      const { store, asked } = await rig({ compact });
      await store.compact(revision);
      return asked.map(([method, request]) => [method, (request as { revision?: number }).revision]);
    };
    const look = ['range', undefined];
    assert.deepEqual(
      [await of(5), await of(10), await of(1000)],
      [
        [look, ['compact', 4]],
        [look, ['compact', 9]],
        [look, ['compact', 9]],
      ],
    );
    assert.deepEqual([await of(1), await of(0), await of(2)], [[look], [look], [look, ['compact', 1]]]);
    assert.deepEqual(await of(5, compacted), [look, ['compact', 4]], 'it is forgotten already');
    await assert.rejects(of(5, away), unavailable);
  });
});
