import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { until } from '../../test/support/until.ts';
import { silentLog, systemClock } from '../base/index.ts';
import { type Cluster, type Instance, keys } from '../model/index.ts';
import type { JobNodeCaller } from '../rpc/index.ts';
import { createConfig, createSecretBox, newSecretKey, openStore, type Store } from '../store/index.ts';
import { type Leading, type LeadOptions, lead } from './lead.ts';
import { jobEnd } from './lib/job-end.ts';
import { runtimeOfPlain, tester } from './testing/perform.ts';
import { plainConfig, plainGroup, plainInstance, plainLive, plainNode, plainUuid } from './testing/plain-config.ts';

const [node0, node1] = [plainUuid(2, 0), plainUuid(2, 1)];
const crl = 'the list';
const sha256 = createHash('sha256').update(crl).digest('hex');

let folder = '';
let stores = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-lead-'));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Situation {
  readonly instances?: readonly Instance[];
  readonly cluster?: Partial<Cluster>;
  readonly options?: Partial<LeadOptions>;
  /** Changes the store before the master uses it. */
  readonly store?: (store: Store) => Store;
  /** What every node reports beside the usual. */
  readonly info?: Record<string, unknown>;
  readonly prepare?: (store: Store) => Promise<unknown>;
  /** Stopping an instance on node1 waits for this. */
  readonly hold?: Promise<unknown>;
}

/** A master over two nodes, on which nothing runs but `running`; what is called is written down. */
async function rig({ instances = [], cluster = {}, options = {}, store: change = (one) => one, info = {}, prepare, hold }: Situation = {}) {
  const store = await openStore(`sqlite:${join(folder, `${stores++}.db`)}`);
  const plain = plainConfig({ cluster, nodes: [], instances: [] }).cluster;
  await createConfig(store, { cluster: plain, groups: [plainGroup(0)], nodes: [plainNode(0), plainNode(1)], instances });
  await prepare?.(store);
  const [calls, used, connected]: [string[], string[], unknown[]] = [[], [], []];
  const running = new Map<string, object[]>();
  const usual = plainLive().node('')?.info;
  const nodes = {
    call: async (node: string, method: string, params: unknown) => {
      calls.push(`${node === node0 ? 'node0' : 'node1'} ${method}${method === 'monitor-configure' ? ` ${JSON.stringify(params)}` : ''}`);
      if (node === node1 && method === 'instance-stop') await hold;
      if (method === 'node-info') return { ...usual, revocation_list: sha256, ...info };
      return method === 'instance-list' ? (running.get(node) ?? []) : {};
    },
  } as unknown as JobNodeCaller;
  const leading = await lead({
    store: change(store),
    name: 'node0',
    clock: systemClock,
    log: silentLog,
    connect: (...given) => {
      connected.push(given);
      return nodes;
    },
    authority: { ca: '', revocationList: async () => crl, useRevocationList: async (list: string) => void used.push(list) } as never,
    signal: new AbortController().signal,
    pollIntervalMs: 60_000,
    ...options,
  });
  return { leading, store, calls, used, connected, running };
}

async function led(situation: Situation, body: (made: Awaited<ReturnType<typeof rig>>) => Promise<void>): Promise<void> {
  const made = await rig(situation);
  try {
    await body(made);
  } finally {
    await made.leading.close();
    await made.store.close();
  }
}

const count = (calls: readonly string[], line: string) => calls.filter((one) => one === line).length;

describe('a master that leads', () => {
  it('calls nodes with its term and the epoch of its store, and checks them by the list of revoked certificates', () =>
    led({}, async ({ leading, connected, used, store }) => {
      const epoch = (await store.get(keys.epoch))?.value;
      assert.equal(epoch?.length, 32);
      assert.deepEqual(connected, [[leading.services.config, leading.leadership.term, epoch]]);
      assert.deepEqual(used, [crl]);
    }));

  it('is recorded when it is a node that did not lead before', async () => {
    const masterOf = ({ leading }: { leading: Leading }) => leading.services.config.current.cluster;
    await led({ options: { name: 'node1' } }, async (made) =>
      assert.deepEqual([masterOf(made).master_node, masterOf(made).serial_no], [node1, 2]),
    );
    await led({ options: { name: 'node0' } }, async (made) =>
      assert.deepEqual([masterOf(made).master_node, masterOf(made).serial_no], [node0, 1]),
    );
    await led({ options: { name: 'nobody' } }, async (made) => assert.equal(masterOf(made).master_node, node0));
  });

  it('holds a lease of ten seconds, or of what is asked for, and tells its thread only when it has one', async () => {
    const asked: number[] = [];
    let remote = 0;
    const store = (one: Store): Store => ({
      ...bound(one),
      grantLease: async (seconds) => {
        asked.push(seconds);
        const { id, keepAlive, revoke } = await one.grantLease(seconds);
        return {
          id,
          keepAlive,
          revoke,
          get remote() {
            remote++;
            return undefined as never;
          },
        };
      },
    });
    await led({ store }, async () => assert.equal(remote, 0));
    await led({ store, options: { leaseSeconds: 7 } }, async () => undefined);
    await led({ store, options: { leaseInThread: true } }, async () => assert.ok(remote > 0));
    assert.deepEqual(asked, [10, 7, 10]);
  });

  it('looks at every node before it runs jobs, and starts what should run', () =>
    led(
      { instances: [{ ...plainInstance(0, 1, 8), name: 'web1' }], options: { watchIntervalSeconds: 3600 } },
      async ({ leading, calls }) => {
        assert.deepEqual(calls, []);
        await leading.start();
        const { live, jobs } = leading.services;
        assert.ok(live.node(node0) && live.node(node1));
        await until('the watcher has started it', () => count(calls, 'node1 instance-start') === 1);
        const job = await until('its job is there', () => jobs.list().find(({ ops }) => ops[0]?.input['instance_name'] === 'web1'));
        assert.equal((await jobEnd(jobs, job.id)).ops[0]?.status, 'success');
        assert.ok(count(calls, 'node1 instance-list') >= 2, 'and looked again after the start');
      },
    ));

  it('looks again and again', () =>
    led({ options: { watchIntervalSeconds: 0.02, pollIntervalMs: 20 } }, async ({ leading, calls, store }) => {
      await leading.start();
      await until('the nodes are asked again', () => count(calls, 'node0 node-info') > 3);
      const left = { type: 'instance', node: node0, uuid: plainUuid(3, 7), name: 'gone', hypervisor: 'kvm' };
      await store.transact({
        compares: [],
        writes: [{ type: 'put', key: `${keys.garbage}${node0}/instance/x`, value: JSON.stringify(left) }],
      });
      await until('what was left is removed', () => count(calls, 'node0 instance-stop') > 0);
    }));

  it('gives a node that answers what the cluster has set, and settles its certificates', () =>
    led(
      {
        cluster: { data_collectors: { diskstats: { interval: 9_000_000 } } },
        info: { data_collectors: {}, revocation_list: 'x', certificate_serial: 'c1', certificate_expires: 4e9 },
      },
      async ({ leading, calls }) => {
        await leading.services.live.refresh(node0);
        await until('it is given', () => calls.includes('node0 monitor-configure {"collectors":{"diskstats":{"interval":9000000}}}'));
        await until('it is told', () => calls.includes('node0 revocation-install'));
        const { config } = leading.services;
        assert.deepEqual(config.current.nodes.get(node0)?.certificates, [{ serial: 'c1', expires: 4e9 }]);
      },
    ));

  it('leaves alone what is left of an instance that a job works on', async () => {
    const { promise: hold, resolve } = Promise.withResolvers<void>();
    const down = { ...plainInstance(0, 1, 8), name: 'Web1', admin_state: 'down' as const };
    await led({ instances: [down], hold }, async ({ leading, store, calls }) => {
      const { jobs, live } = leading.services;
      const put = (name: string, uuid: string) => ({
        ...{ type: 'put' as const, key: `${keys.garbage}${node0}/instance/${name}` },
        value: JSON.stringify({ type: 'instance', node: node0, uuid, name, hypervisor: 'kvm' }),
      });
      await leading.start();
      const ops = ['WEB1', plainUuid(3, 5)].map((instance_name) => ({ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name }));
      const id = await jobs.submit(ops, tester);
      await store.transact({
        compares: [],
        writes: [put('Web1', plainUuid(3, 0)), put('other', plainUuid(3, 5)), put('free', plainUuid(3, 6))],
      });
      await live.refresh(node0);
      const left = async () => (await store.range(keys.garbage)).entries.map(({ key }) => key.split('/').at(-1));
      await until('it is forgotten', async () => (await left()).length < 3);
      assert.equal(count(calls, 'node0 instance-stop'), 1);
      assert.deepEqual(await left(), ['Web1', 'other']);
      resolve();
      await assert.rejects(jobEnd(jobs, id), { code: 'OBJECT_UNKNOWN' });
    });
  });

  it('encrypts the secrets of jobs, and what an older key has encrypted', async () => {
    const [old, fresh] = [newSecretKey(), newSecretKey()];
    const before = createSecretBox([old]);
    const secrets = createSecretBox([fresh, old]);
    const instance = { ...plainInstance(0, 1, 8), admin_state: 'down' as const, osparams_private: { p: before.seal('x') } };
    await led({ instances: [instance], options: { secrets } }, async ({ leading }) => {
      const { config, jobs } = leading.services;
      await leading.start();
      const kept = () => config.current.instances.get(instance.uuid)?.osparams_private?.['p'] ?? '';
      await until('it has the newest key', () => secrets.isCurrent(kept()));
      assert.equal(secrets.open(kept()), 'x');
      const create = { OP_ID: 'OP_INSTANCE_CREATE', mode: 'create', instance_name: 'n', os_type: 'o', osparams_private: { p: 'hidden' } };
      const id = await jobs.submit([create], tester);
      const stored = (await jobs.get(id))?.ops[0]?.input['osparams_private'] as Record<string, string>;
      assert.ok(secrets.isCurrent(stored['p'] ?? ''));
    });
  });

  it('tells its certificates to verify', () =>
    led({ options: { certificates: async () => [{ name: 'the CA', certificate: 'no PEM' }] } }, async ({ leading }) => {
      const { jobs } = leading.services;
      await leading.start();
      await assert.rejects(jobEnd(jobs, await jobs.submit([{ OP_ID: 'OP_CLUSTER_VERIFY' }], tester)), /PEM|INTERNAL|unexpected|defect/i);
    }));

  it('gives everything back when it ends, and ends it all whatever fails', async (context) => {
    let reads = 0;
    const counting = (one: Store): Store => ({
      ...bound(one),
      range: (prefix, options) => {
        reads++;
        return one.range(prefix, options);
      },
    });
    const { leading, store, calls, running } = await rig({ store: counting, options: { pollIntervalMs: 20, watchIntervalSeconds: 0.02 } });
    context.after(async () => {
      await leading.close();
      await store.close();
    });
    await leading.start();
    running.set(node0, [runtimeOfPlain(0)]);
    const { jobs, config } = leading.services;
    await leading.close();
    assert.equal(await store.get(keys.leader), undefined);
    await assert.rejects(jobs.submit([{ OP_ID: 'OP_TEST_DELAY', duration: 0 }], tester), { code: 'QUEUE_STOPPED' });
    await assert.rejects(
      config.transact((draft) => draft.update('node', node0, (node) => ({ ...node, tags: ['x'] }))),
      { code: 'STORE_UNAVAILABLE' },
    );
    const before = [calls.length, reads];
    await systemClock.sleep(100);
    assert.deepEqual([calls.length, reads], before, 'nobody is asked any more, and nobody watches');
    await store.close();
  });
});

describe('a term that cannot begin', () => {
  it('is given back', async () => {
    let store: Store | undefined;
    const damage = (one: Store) => one.transact({ compares: [], writes: [{ type: 'delete', key: keys.cluster }] });
    await assert.rejects(rig({ prepare: damage, store: (one) => (store = one) }), { code: 'CLUSTER_MISSING' });
    assert.equal(await store?.get(keys.leader), undefined);
    await store?.close();
    const restoring = (one: Store) => one.transact({ compares: [], writes: [{ type: 'put', key: keys.restoring, value: 'b' }] });
    await assert.rejects(rig({ prepare: restoring, store: (one) => (store = one) }), { code: 'STORE_RESTORING' });
    assert.equal(await store?.get(keys.leader), undefined);
    await store?.close();
  });
});

/** The methods of a store as functions of a plain object. */
function bound(store: Store): Store {
  return {
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    transact: (transaction) => store.transact(transaction),
    watch: (prefix, revision, signal) => store.watch(prefix, revision, signal),
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
  };
}
