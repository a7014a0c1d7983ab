import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GantryError, silentLog, systemClock } from '../../src/base/index.ts';
import { checkConfig, lead, prepareImport } from '../../src/cluster/index.ts';
import { sampleImport } from '../../src/cluster/testing/sample-import.ts';
import { keys } from '../../src/model/index.ts';
import { createSimulation, type Simulation } from '../../src/node/index.ts';
import { liveInstance } from '../../src/query/index.ts';
import { campaign, createConfig, importObjects, openStore, readContent, replaceContent, type Store } from '../../src/store/index.ts';
import { delegateStore } from '../../src/store/testing/delegate-store.ts';
import { type EtcdServer, startEtcdServer } from '../../src/store/testing/etcd-server.ts';
import { simulatedAuthority, simulatedCluster } from '../support/simulated-master.ts';

let server: EtcdServer;
let directory: string;
let simulation: Simulation;
let places = 0;

before(async () => {
  server = await startEtcdServer();
  directory = await mkdtemp(join(tmpdir(), 'gantry-import-'));
  simulation = await createSimulation({ nodes: 1, seed: 1, hypervisor: 'kvm' });
});
after(async () => {
  await server?.remove();
  await rm(directory, { recursive: true, force: true });
});

const kinds = {
  SQLite: () => `sqlite:${join(directory, `${places++}.db`)}`,
  etcd: () => `etcd://localhost:${server.port}/import-${places++}`,
};

const instances = 60;
const given = sampleImport(6, instances);
const cluster = { ...given.cluster, enabled_disk_templates: ['file', 'sharedfile', 'diskless'] };
const file = { path: '/cluster.json', text: JSON.stringify({ ...given, cluster }) };

const master = (store: Store) =>
  lead({
    store,
    name: 'node1',
    clock: systemClock,
    log: silentLog,
    connect: (_config, term) => simulation.withTerm(term),
    authority: simulatedAuthority,
    signal: new AbortController().signal,
    pollIntervalMs: 60_000,
  });

async function newStore(url: string): Promise<Store> {
  const store = await openStore(url);
  const { cluster: first, ...rest } = simulatedCluster(simulation.nodes);
  await createConfig(store, { ...rest, cluster: first });
  return store;
}

/** One run of an import, as the command does it; `through` is the store that may die. */
async function runImport(store: Store, through: Store, from = file): Promise<number> {
  const options = { name: 'import', ttlSeconds: 60, clock: systemClock, log: silentLog, signal: new AbortController().signal };
  const leadership = await campaign(store, options);
  try {
    const { writes, source } = await prepareImport(through, from, 1_800_000_000 + places);
    const saveBackup = async () => '/before.backup';
    return await importObjects(through, writes, { ...source, file: source.path, fence: leadership.compare, saveBackup });
  } finally {
    await leadership.resign();
  }
}

function mortal(store: Store, at: number, when: 'before' | 'after'): Store {
  let writes = 0;
  return delegateStore(store, {
    async transact(transaction) {
      const dies = ++writes === at;
      const killed = new GantryError('CANCELLED', { subject: 'it' });
      if (dies && when === 'before') throw killed;
      const outcome = await store.transact(transaction);
      if (dies) throw killed;
      return outcome;
    },
  });
}

const code = (error: unknown) => (error instanceof GantryError ? error.code : Promise.reject(error as Error));
/** Times follow from the beginning of an import, and each master that tries to lead makes an epoch if there is none. */
const timeless = (content: ReadonlyMap<string, string>) =>
  Object.fromEntries(
    [...content].filter(([key]) => key !== keys.epoch).map(([key, value]) => [key, value.replaceAll(/"[cm]time":18\d+/g, '')]),
  );

for (const [kind, newUrl] of Object.entries(kinds)) {
  test(`${kind}: an import that is killed at any write is continued by the next run, and no master leads on a part of it`, async () => {
    const whole = await newStore(newUrl());
    assert.equal(await runImport(whole, whole), 0);
    const expected = timeless(await readContent(whole));
    await whole.close();
    let parts = 0;
    for (let at = 1, finished = false; !finished; at++) {
      for (const when of ['before', 'after'] as const) {
        const store = await newStore(newUrl());
        const first = await runImport(store, mortal(store, at, when)).catch(code);
        finished = first === 0;
        const begun = (await store.get(keys.importing)) !== undefined;
        if (begun) {
          parts++;
          await assert.rejects(master(store), { code: 'STORE_IMPORTING', facts: { file: file.path, backup: '/before.backup' } });
          const other = { ...file, text: `${file.text} ` };
          await assert.rejects(runImport(store, store, other), { code: 'STORE_IMPORTING' }, 'another file does not continue it');
        }
        const isComplete = finished || (!begun && at > 1);
        // Whoever repeats it after its end is told that everything is there.
        const again = await runImport(store, store).catch(code);
        assert.equal(typeof again === 'number', !isComplete, `write ${at}, ${when}: ${again}`);
        if (isComplete) assert.equal(again, 'IMPORT_CONFLICT');
        assert.deepEqual(timeless(await readContent(store)), expected, `write ${at}, ${when}`);
        await store.close();
      }
    }
    assert.ok(parts > 6, `${parts}`);
  });

  test(`${kind}: what was imported is whole, a master leads with it, and its nodes are offline until they join`, async () => {
    const store = await newStore(newUrl());
    const prepared = await prepareImport(store, file, 1_800_000_000);
    assert.deepEqual([...checkConfig(prepared.after)], []);
    await runImport(store, store);
    const leading = await master(store);
    try {
      const { config, live } = leading.services;
      const { current } = config;
      assert.deepEqual([current.instances.size, current.nodes.size, current.networks.size, current.groups.size], [instances, 7, 1, 2]);
      assert.deepEqual([...checkConfig(current)], []);
      assert.deepEqual(current.cluster.tags, ['imported']);
      const guest = current.instances.find('GUEST4.example.com');
      assert.ok(guest);
      const status = liveInstance(guest, { config: current, live } as unknown as Parameters<typeof liveInstance>[1]);
      assert.equal(status.status, 'ERROR_nodeoffline');
      assert.equal(current.claim('port', String(guest.network_port)), guest.uuid);
    } finally {
      await leading.close();
      await store.close();
    }
  });

  test(`${kind}: an import overwrites nothing that somebody else has written meanwhile`, async () => {
    const store = await newStore(newUrl());
    const taken = keys.claim('port', '30001');
    let writes = 0;
    const late = delegateStore(store, {
      async transact(transaction) {
        if (++writes === 2) await store.transact({ compares: [], writes: [{ type: 'put', key: taken, value: 'somebody' }] });
        return store.transact(transaction);
      },
    });
    const before = await readContent(store);
    await assert.rejects(runImport(store, late), { code: 'IMPORT_OVERTAKEN', facts: { key: taken } });
    assert.equal((await store.get(taken))?.value, 'somebody');
    await assert.rejects(master(store), { code: 'STORE_IMPORTING' });
    await replaceContent(store, before, 'the backup');
    await (await master(store)).close();
    await store.close();
  });
}

test('a part of a configuration that does not fit together is told', async () => {
  const store = await newStore(kinds.SQLite());
  await runImport(store, store);
  const entry = await store.get(keys.name('instance', 'guest5.example.com'));
  const uuid = entry?.value ?? '';
  const instance = JSON.parse((await store.get(keys.instance(uuid)))?.value ?? '') as Record<string, unknown>;
  const lost = { ...instance, primary_node: '00000000-0000-4000-8000-0000000000ff' };
  await store.transact({
    compares: [],
    writes: [
      { type: 'put', key: keys.instance(uuid), value: JSON.stringify(lost) },
      { type: 'delete', key: keys.claim('port', '30005') },
      { type: 'delete', key: keys.name('node', 'host0.example.com') },
    ],
  });
  const leading = await master(store);
  assert.deepEqual(
    [...checkConfig(leading.services.config.current)],
    [
      'The name of node host0.example.com does not lead to it.',
      'A node of instance guest5.example.com does not exist.',
      'The port 30005 of instance guest5.example.com is not reserved for it.',
    ],
  );
  await leading.close();
  await store.close();
});
