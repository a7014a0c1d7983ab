import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSimulatedTerms } from '../../test/support/simulated-terms.ts';
import { until } from '../../test/support/until.ts';
import { type Clock, formatSamples, GantryError, silentLog, systemClock } from '../base/index.ts';
import { keys } from '../model/index.ts';
import { createConfig, openStore, type Store } from '../store/index.ts';
import { jobEnd } from './lib/job-end.ts';
import { type MasterTerms, type MasterTermsOptions, openMasterTerms } from './master-terms.ts';
import { recordCertificate } from './revocation-distributor.ts';
import { tester } from './testing/perform.ts';
import { plainConfig, plainGroup, plainNode } from './testing/plain-config.ts';

const leads = (terms: MasterTerms) =>
  until('it leads', () => {
    try {
      return terms.requireLead();
    } catch {
      return undefined;
    }
  });
const noop = { OP_ID: 'OP_TEST_DELAY', duration: 0 };

test('whatever write finds that another master leads ends the term at once: the join service, and any change of the configuration', () =>
  withSimulatedTerms(async ({ terms, store }) => {
    const uuid = terms.services.config.current.cluster.uuid;
    const node = [...terms.services.config.current.nodes.values()][0]?.uuid ?? '';
    const certificate = { serial: 'ab', expires: 4e9 };
    const token = { nodeName: 'node9', ttlSeconds: 60, by: tester };
    const writes: readonly ((first: ReturnType<typeof terms.requireLead>) => Promise<unknown>)[] = [
      ({ services }) => services.join.createToken(token),
      ({ services, leadership }) => recordCertificate(services.config, leadership, node, certificate, 0),
      ({ services, leadership }) =>
        services.config.transact(
          (draft) => draft.update('cluster', uuid, (old) => ({ ...old, drained: true })),
          () => leadership.rider(),
        ),
    ];
    for (const write of writes) {
      const first = await leads(terms);
      await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
      await assert.rejects(write(first), { code: 'FENCED' });
      assert.equal(first.leadership.doubt()?.code, 'MASTER_STANDS_BY');
    }
    assert.equal((await leads(terms)).services.config.current.cluster.drained, false);
  }));

test('a queue whose writes are refused while the lease holds ends the term, and the next term carries on', () =>
  withSimulatedTerms(async ({ terms, store }) => {
    const first = terms.requireLead();
    await jobEnd(first.services.jobs, await first.services.jobs.submit([noop], tester));
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.jobSerial, value: '7' }] });
    await assert.rejects(first.services.jobs.submit([noop], tester), { code: 'QUEUE_STOPPED' });
    assert.throws(() => terms.services.jobs.list(), { code: 'MASTER_STANDS_BY' }, 'nothing is answered by a queue that stands still');
    const second = await leads(terms);
    assert.ok(second.leadership.term > first.leadership.term);
    const id = await second.services.jobs.submit([noop], tester);
    assert.equal(id, 8, 'it goes on from what the store says');
    await jobEnd(second.services.jobs, id);
    await sleep(50);
    assert.equal(terms.requireLead(), second, 'and stays');
  }));

test('counts go on over the terms of a process, and may be read in between', () =>
  withSimulatedTerms(async ({ terms, store }) => {
    const value = (series: string) => {
      const { metrics } = terms.services;
      const samples = formatSamples({ name: 'master', metrics: metrics.families, measure: (_, emit) => metrics.measure(emit) }, null);
      const line = samples.flatMap(({ text }) => text.split('\n')).find((each) => each.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.split(' ').at(-1));
    };
    const first = await leads(terms);
    await jobEnd(first.services.jobs, await first.services.jobs.submit([noop], tester));
    const before = value('gantry_master_terms_total') ?? 0;
    assert.deepEqual([value('gantry_master_leading'), value('gantry_master_term')], [1, first.leadership.term]);
    await store.transact({ compares: [], writes: [{ type: 'put', key: keys.jobSerial, value: '7' }] });
    await assert.rejects(first.services.jobs.submit([noop], tester), { code: 'QUEUE_STOPPED' });
    assert.equal(value('gantry_master_leading'), 0);
    assert.ok(terms.services.access, 'who may read them is still decided');
    await leads(terms);
    assert.deepEqual([value('gantry_master_terms_total'), value('gantry_jobs_submitted_total')], [before + 1, 1]);
  }));

/** A store of a cluster of one node whose agent never answers, and the options of a master of it. */
async function rig(context: TestContext, more: Partial<MasterTermsOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-terms-'));
  const store = await openStore(`sqlite:${join(folder, 'store.db')}`);
  const { cluster } = plainConfig({ nodes: [], instances: [] });
  await createConfig(store, { cluster, groups: [plainGroup(0)], nodes: [plainNode(0, { offline: true })] });
  const stop = new AbortController();
  const open = async (given: MasterTermsOptions) => {
    const terms = await openMasterTerms(given);
    // Of a test that fails nothing is left that would keep this process alive.
    context.after(async () => {
      stop.abort();
      await terms.run();
    });
    return terms;
  };
  context.after(async () => {
    stop.abort();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const pauses: number[] = [];
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: (ms, signal) => {
      if (ms < 60_000) pauses.push(ms);
      return systemClock.sleep(ms >= 1000 && ms < 60_000 ? 20 : ms, signal);
    },
  };
  const ended: number[] = [];
  const options: MasterTermsOptions = {
    store,
    name: 'node0',
    clock,
    log: silentLog,
    connect: () => ({ call: () => nobodyAnswers(), cancelStep: () => nobodyAnswers() }),
    authority: { ca: '', revocationList: async () => '', useRevocationList: async () => undefined } as never,
    signal: stop.signal,
    pollIntervalMs: 60_000,
    leaseSeconds: 600,
    onTerm: async (leading) => () => void ended.push(leading.leadership.term),
    ...more,
  };
  return { store, stop, options, pauses, ended, open };
}

const nobodyAnswers = () => Promise.reject(new Error('nobody answers'));
const isFree = async (store: Store) => (await store.get(keys.leader)) === undefined;
const away = new GantryError('STORE_CORRUPT', { store: 'a test', detail: 'it is away' });

test('a master offers its services while it leads, and says why not when it does not', async (context) => {
  const { store, stop, options, ended, open } = await rig(context);
  const terms = await open(options);
  const { services } = terms.requireLead();
  const names = ['config', 'jobs', 'nodes', 'live', 'join'] as const;
  for (const name of names) assert.equal(terms.services[name], services[name], name);
  assert.deepEqual([terms.services.clock, terms.services.log], [options.clock, options.log]);
  const { term } = terms.requireLead().leadership;
  const running = terms.run();
  stop.abort();
  await running;
  assert.deepEqual(ended, [term]);
  assert.ok(await isFree(store), 'the leadership is given back');
  for (const name of names) assert.throws(() => terms.services[name], { code: 'MASTER_STANDS_BY' }, name);
});

test('a master that is stopped before it runs ends its term', async (context) => {
  const { store, stop, options, ended, open } = await rig(context);
  const terms = await open(options);
  stop.abort();
  await terms.run();
  assert.equal(ended.length, 1);
  assert.ok(await isFree(store));
});

test('a master in doubt tells of its doubt', async (context) => {
  const { options, stop, open } = await rig(context);
  const terms = await open(options);
  const { leadership } = terms.requireLead();
  const reason = new GantryError('MASTER_STANDS_BY', { reason: 'a test says so' });
  leadership.lose(reason);
  assert.throws(() => terms.requireLead(), reason);
  stop.abort();
  await terms.run();
});

test('a first term that cannot begin is given back, and told', async (context) => {
  const { store, options } = await rig(context, { onTerm: () => Promise.reject(away) });
  await assert.rejects(openMasterTerms(options), away);
  assert.ok(await isFree(store));
});

test('a later term is tried again and again, after longer and longer pauses, and its reason is told', async (context) => {
  let fails = 0;
  let left = 0;
  const { store, stop, options, ended, pauses, open } = await rig(context, {
    onTerm: async ({ leadership }) => {
      if (left-- > 0) {
        fails++;
        throw away;
      }
      return () => void ended.push(leadership.term);
    },
  });
  const terms = await open(options);
  const first = terms.requireLead();
  const running = terms.run();
  left = 7;
  const lost = new GantryError('MASTER_STANDS_BY', { reason: 'a test says so' });
  first.leadership.lose(lost);
  const why = () => {
    try {
      return terms.requireLead() === first ? undefined : 'leads';
    } catch (error) {
      return (error as GantryError).code;
    }
  };
  await until('the reason is told', () => why() === 'STORE_CORRUPT');
  await until('it leads again', () => why() === 'leads');
  assert.equal(fails, 7);
  assert.deepEqual(ended, [first.leadership.term], 'the first term was ended once');
  assert.deepEqual(
    pauses.filter((ms) => [200, 400, 800, 1600, 3200, 5000].includes(ms)),
    [200, 400, 800, 1600, 3200, 5000, 5000],
  );
  assert.ok(terms.requireLead().leadership.term > first.leadership.term);
  await assert.rejects(first.services.jobs.submit([noop], tester), { code: 'QUEUE_STOPPED' });
  stop.abort();
  await running;
  assert.ok(await isFree(store));
});

test('a master that is stopped while it tries again ends at once', async (context) => {
  let left = 0;
  const { stop, options, open } = await rig(context, {
    onTerm: async () => {
      if (left-- > 0) throw away;
      return () => undefined;
    },
  });
  const terms = await open(options);
  left = 1000;
  const running = terms.run();
  terms.requireLead().leadership.lose(away);
  await until('it tries', () => left < 998);
  stop.abort();
  await running;
  assert.ok(left > 0);
});

test('a term that cannot be ended in order does not keep the next one from beginning', async (context) => {
  const { options, stop, store, open } = await rig(context);
  const terms = await open(options);
  const first = terms.requireLead();
  const { config } = first.services;
  const close = config.close.bind(config);
  config.close = async () => {
    await close();
    throw new Error('it is closed badly');
  };
  const running = terms.run();
  first.leadership.lose(away);
  await until('it leads again', () => {
    try {
      return terms.requireLead() !== first;
    } catch {
      return false;
    }
  });
  stop.abort();
  await running;
  assert.ok(await isFree(store));
});
