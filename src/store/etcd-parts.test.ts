import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  ClientClosedError,
  type Etcd3,
  EtcdLeaseInvalidError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
  GRPCUnknownError,
} from 'etcd3';
import { GantryError } from '../base/index.ts';
import { etcdClient, etcdError, isEtcdFailure, repeatRead } from './etcd-client.ts';
import { keepEtcdLease } from './etcd-lease.ts';
import { etcdWatch } from './etcd-watch.ts';
import type { WatchBatch, WatchEvent } from './store.ts';
import { freePort } from './testing/free-port.ts';

// The parts of the store on etcd, without a server.

class Stream extends EventEmitter {
  readonly written: unknown[] = [];
  cancelled = 0;
  write(message: unknown) {
    this.written.push(message);
  }
  cancel() {
    this.cancelled++;
  }
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
};

describe('errors of etcd', () => {
  it('become errors of the catalogue; defects and our own stay', () => {
    const codeOf = (error: unknown) => {
      const made = etcdError(error, 'etcd://x');
      return made === error ? 'the same' : made instanceof GantryError ? [made.code, made.facts['store']] : made;
    };
    assert.deepEqual(codeOf(new GRPCUnavailableError('x')), ['STORE_UNAVAILABLE', 'etcd://x']);
    assert.deepEqual(codeOf(new ClientClosedError('kv')), ['STORE_UNAVAILABLE', 'etcd://x']);
    assert.deepEqual(codeOf(Object.assign(new Error('x'), { code: 'ENDED' })), ['STORE_UNAVAILABLE', 'etcd://x']);
    assert.deepEqual(codeOf(new Error('etcdserver: mvcc: database space exceeded')), ['STORE_FULL', 'etcd://x']);
    assert.deepEqual(codeOf(new EtcdLeaseInvalidError('etcdserver: requested lease not found')), ['STORE_LEASE_UNKNOWN', undefined]);
    assert.equal(codeOf(new TypeError('a defect')), 'the same');
    assert.equal(codeOf(new GantryError('STORE_FULL', { store: 'y', detail: 'database space exceeded' })), 'the same');
    assert.equal(codeOf('text'), 'the same');
    assert.equal(codeOf({ code: 14, message: 'no error' }), 'the same');
  });

  it('are told from defects', () => {
    for (const error of [new GRPCUnknownError('x'), new EtcdLeaseInvalidError('x'), new ClientClosedError('x')])
      assert.ok(isEtcdFailure(error));
    assert.ok(isEtcdFailure(Object.assign(new Error('x'), { code: 5 })));
    for (const error of [new Error('x'), new TypeError('x'), { code: 5 }, 'text', undefined]) assert.ok(!isEtcdFailure(error));
  });
});

describe('a reading', () => {
  const tries = async (errors: readonly Error[], patienceMs = 5000) => {
    let calls = 0;
    const outcome = await repeatRead(async () => {
      const error = errors[calls++];
      if (error) throw error;
      return 'read';
    }, patienceMs).catch((error: unknown) => error);
    return [calls, outcome];
  };

  it('is repeated after what passes, as long as there is patience', async () => {
    const passing = new GRPCUnavailableError('connection dropped');
    assert.deepEqual(await tries([]), [1, 'read']);
    const began = performance.now();
    assert.deepEqual(await tries([passing, passing]), [3, 'read']);
    assert.ok(performance.now() - began > 180, 'with pauses');
    assert.deepEqual(await tries([passing, passing], -1), [1, passing]);
  });

  it('is not repeated after anything else, nor what the client has repeated already', async () => {
    const certain = new GRPCUnavailableError('No connection established');
    const reasons = [
      certain,
      new GRPCUnavailableError('etcdserver: no leader'),
      new TypeError('No connection established'),
      new EtcdLeaseInvalidError('x'),
    ];
    for (const error of reasons) assert.deepEqual(await tries([error]), [1, error]);
  });
});

describe('a client', () => {
  const read = (client: Etcd3) => client.kv.range({ key: Buffer.from('/a') });

  it('repeats what reached no server, as long as it has patience', async (context) => {
    const client = etcdClient({ hosts: [`localhost:${await freePort()}`], prefix: '/x', patienceMs: 400 });
    context.after(() => client.close());
    const began = performance.now();
    await assert.rejects(read(client), GRPCUnavailableError);
    assert.ok(performance.now() - began >= 400);
  });

  it('does not wait for ever for a member that says nothing, for many keys longer than for one', async (context) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined))).listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = etcdClient({ hosts: [`localhost:${port}`], prefix: '/x', patienceMs: 0 });
    context.after(() => {
      client.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const lasted = async (call: Promise<unknown>) => {
      const began = performance.now();
      await assert.rejects(call);
      return performance.now() - began;
    };
    const [one, many] = await Promise.all([
      lasted(client.kv.put({ key: Buffer.from('/a'), value: Buffer.from('') })),
      lasted(read(client)),
    ]);
    assert.ok(one >= 1900 && many >= one + 600, `${one} ms and ${many} ms`);
  });

  it('shows its certificate with its key, and reads both', () => {
    const at = (name: string) => join(import.meta.dirname, name);
    const open = (tls: { ca: string; cert?: string; key?: string }) => etcdClient({ hosts: ['localhost:1'], prefix: '/x', tls });
    const none = '/no/such/file.pem';
    const known = at('etcd-client.ts');
    assert.throws(() => open({ ca: none }), { code: 'STORE_URL_INVALID', message: /ENOENT/ });
    assert.throws(() => open({ ca: known, cert: none, key: known }), { code: 'STORE_URL_INVALID' });
    assert.throws(() => open({ ca: known, cert: known, key: none }), { code: 'STORE_URL_INVALID' });
    open({ ca: known, cert: none }).close();
    open({ ca: known, key: none }).close();
  });
});

describe('the prolongation of a lease', () => {
  const keep = (body: (stream: Stream) => void) => {
    const stream = new Stream();
    const deadlines: number[] = [];
    const client = {
      leaseClient: {
        leaseKeepAlive: async ({ deadline }: { deadline: number }) => {
          deadlines.push(deadline - Date.now());
          return stream;
        },
      },
    } as unknown as Etcd3;
    stream.write = (message: unknown) => {
      stream.written.push(message);
      setImmediate(() => body(stream));
    };
    return { stream, deadlines, outcome: keepEtcdLease(client, '77') };
  };

  it('asks once, and takes the time that is left for an answer', async () => {
    const { stream, deadlines, outcome } = keep((one) => {
      one.emit('data', { TTL: '9' });
      one.emit('error', new Error('after the answer comes that of our own cancelling'));
    });
    await outcome;
    assert.deepEqual([stream.written, stream.cancelled], [[{ ID: '77' }], 1]);
    assert.ok((deadlines[0] ?? 0) > 1000 && (deadlines[0] ?? 0) <= 2000);
    await keep((one) => one.emit('data', { TTL: '1' })).outcome;
  });

  it('fails with a lease that has ended, and with the stream', async () => {
    for (const TTL of ['0', '-1']) {
      const { stream, outcome } = keep((one) => one.emit('data', { TTL }));
      await assert.rejects(outcome, { code: 'STORE_LEASE_UNKNOWN', facts: { lease: '77' } });
      assert.equal(stream.cancelled, 1);
    }
    const broken = new GRPCDeadlineExceededError('x');
    await assert.rejects(keep((one) => one.emit('error', broken)).outcome, broken);
    const ended = keep((one) => one.emit('end'));
    await assert.rejects(ended.outcome, { code: 'ENDED' });
    assert.equal(ended.stream.cancelled, 1);
  });
});

describe('a watch', () => {
  const toEvent = (event: { kv: { key: string; mod_revision: string } }) =>
    ({ type: 'delete', key: event.kv.key, modRevision: Number(event.kv.mod_revision) }) as WatchEvent;
  const event = (key: string, revision: number) => ({ kv: { key, mod_revision: String(revision) } });
  const answer = (revision: number, ...events: ReturnType<typeof event>[]) => ({
    header: { revision: String(revision) },
    events,
    compact_revision: '0',
  });
  const range = { key: Buffer.from('/a'), range_end: Buffer.from('/b') };

  /** Watches what comes after revision 10. `kept` meets the reading that tells whether the history is whole. */
  function watching(kept: () => Promise<void> = async () => undefined, after = 10) {
    const streams: Stream[] = [];
    const reads: unknown[] = [];
    const batches: WatchBatch[] = [];
    const stop = new AbortController();
    let refuse: Error | undefined;
    const client = {
      watchClient: {
        watch: async () => {
          if (refuse) throw refuse;
          const stream = new Stream();
          streams.push(stream);
          return stream;
        },
      },
      kv: {
        range: async (request: unknown) => {
          reads.push(request);
          await kept();
        },
      },
    } as unknown as Etcd3;
    const running = (async () => {
      for await (const batch of etcdWatch({ client, range, signal: stop.signal, toEvent: toEvent as never }, after)) batches.push(batch);
    })();
    running.catch(() => undefined);
    const data = async (response: object) => {
      streams.at(-1)?.emit('data', response);
      await settle();
    };
    const reopened = async (count: number) => {
      for (let tries = 0; streams.length < count && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(streams.length, count);
    };
    return { streams, reads, batches, stop, running, data, reopened, refuse: (error: Error | undefined) => (refuse = error) };
  }

  it('asks for what comes after, and hands on one batch a revision', async () => {
    const { streams, reads, batches, stop, running, data } = watching();
    await settle();
    assert.deepEqual(streams[0]?.written, [{ create_request: { ...range, start_revision: 11, progress_notify: true } }]);
    await data({ ...answer(12), created: true });
    assert.deepEqual(reads, [{ key: range.key, revision: 10, limit: 1, keys_only: true }]);
    assert.deepEqual(batches, []);
    await data(answer(14, event('/a1', 11), event('/a2', 11), event('/a1', 13)));
    await data(answer(14));
    await data(answer(15));
    const gone = (key: string, modRevision: number) => ({ type: 'delete', key, modRevision });
    assert.deepEqual(batches, [
      { revision: 11, events: [gone('/a1', 11), gone('/a2', 11)] },
      { revision: 13, events: [gone('/a1', 13)] },
      { revision: 14, events: [] },
      { revision: 15, events: [] },
    ]);
    await data(answer(15, event('/a1', 15)));
    assert.equal(batches.length, 4, 'what was handed on is not repeated');
    stop.abort();
    await running;
    assert.equal(streams[0]?.cancelled, 1);
  });

  it('goes on behind the last revision when its stream breaks', async () => {
    const { streams, batches, stop, running, data, reopened, refuse } = watching();
    await settle();
    await data(answer(12, event('/a', 12)));
    streams[0]?.emit('error', new GRPCUnavailableError('gone'));
    await reopened(2);
    assert.deepEqual((streams[1]?.written[0] as { create_request: { start_revision: number } }).create_request.start_revision, 13);
    streams[1]?.emit('end');
    await reopened(3);
    await data({ canceled: true, header: { revision: '12' }, events: [], compact_revision: '0' });
    await reopened(4);
    refuse(new GRPCInternalError('no way'));
    streams[3]?.emit('end');
    await new Promise((resolve) => setTimeout(resolve, 100));
    refuse(undefined);
    await reopened(5);
    await data(answer(13, event('/a', 13)));
    assert.deepEqual(
      batches.map(({ revision }) => revision),
      [12, 13],
    );
    assert.ok(streams.slice(0, 4).every(({ cancelled }) => cancelled === 1));
    stop.abort();
    await running;
  });

  it('hands on what came before its stream broke', async () => {
    const { streams, batches, stop, running, reopened } = watching();
    await settle();
    streams[0]?.emit('data', answer(11, event('/a', 11)));
    streams[0]?.emit('data', answer(12, event('/a', 12)));
    streams[0]?.emit('end');
    await reopened(2);
    assert.deepEqual(
      batches.map(({ revision }) => revision),
      [11, 12],
    );
    stop.abort();
    await running;
  });

  it('fails when the history is not kept any more', async () => {
    const told = watching();
    await settle();
    await told.data({ ...answer(50), compact_revision: '40' });
    await assert.rejects(told.running, { code: 'STORE_COMPACTED', facts: { after: 10, oldest: 40 } });
    assert.equal(told.streams[0]?.cancelled, 1);
    const edge = watching(() => Promise.reject(new Error('etcdserver: mvcc: required revision has been compacted')));
    await settle();
    await edge.data({ ...answer(50), created: true });
    await assert.rejects(edge.running, { code: 'STORE_COMPACTED', facts: { after: 10, oldest: 'newer' } });
  });

  it('needs no reading from the beginning on, and none of a revision that is still to come', async () => {
    const first = watching(undefined, 0);
    await settle();
    await first.data({ ...answer(50), created: true });
    assert.deepEqual(first.reads, []);
    first.stop.abort();
    await first.running;
    const early = watching(() => Promise.reject(new Error('etcdserver: mvcc: required revision is a future revision')));
    await settle();
    await early.data({ ...answer(50), created: true });
    await early.data(answer(51, event('/a', 51)));
    assert.equal(early.batches.length, 1);
    early.stop.abort();
    await early.running;
  });

  it('fails with a defect, and is opened again after a failure of etcd', async () => {
    const defect = watching(() => Promise.reject(new TypeError('a defect')));
    await settle();
    await defect.data({ ...answer(50), created: true });
    await assert.rejects(defect.running, TypeError);
    const failing = watching(() => Promise.reject(new EtcdLeaseInvalidError('x')));
    await settle();
    await failing.data({ ...answer(50), created: true });
    await failing.reopened(2);
    failing.stop.abort();
    await failing.running;
  });

  it('ends when it is told to: before it begins, while nothing comes, while it pauses', async () => {
    const quiet = watching();
    await settle();
    quiet.stop.abort();
    await quiet.running;
    assert.deepEqual([quiet.streams.length, quiet.streams[0]?.cancelled, quiet.batches], [1, 1, []]);
    const pausing = watching();
    pausing.refuse(new GRPCUnavailableError('gone'));
    await settle();
    pausing.stop.abort();
    await pausing.running;
    const full = watching();
    await settle();
    full.streams[0]?.emit('data', answer(12, event('/a', 11), event('/a', 12)));
    full.stop.abort();
    await full.running;
    assert.deepEqual(full.batches, []);
  });
});
