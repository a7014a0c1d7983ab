import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog, systemClock } from '../../src/base/index.ts';
import { lead } from '../../src/cluster/index.ts';
import { configVersion, keys } from '../../src/model/index.ts';
import { createSimulation, type Simulation } from '../../src/node/index.ts';
import { campaign, createConfig, migrateConfig, openStore, readContent, type Store, type StoreContent } from '../../src/store/index.ts';
import { type EtcdServer, startEtcdServer } from '../../src/store/testing/etcd-server.ts';
import { simulatedAuthority, simulatedCluster } from '../support/simulated-master.ts';
import { until } from '../support/until.ts';

let server: EtcdServer;
let directory: string;
let simulation: Simulation;
let places = 0;

before(async () => {
  server = await startEtcdServer();
  directory = await mkdtemp(join(tmpdir(), 'gantry-migrations-'));
  simulation = await createSimulation({ nodes: 2, seed: 1, hypervisor: 'kvm' });
});
after(async () => {
  await server?.remove();
  await rm(directory, { recursive: true, force: true });
});

const kinds = {
  SQLite: () => `sqlite:${join(directory, `${places++}.db`)}`,
  etcd: () => `etcd://localhost:${server.port}/cluster-${places++}`,
};

/** A master of this Gantry; the last argument takes the backup. */
const master = (store: Store, signal: AbortSignal, saved: StoreContent[] = []) =>
  lead({
    store,
    name: 'node2',
    clock: systemClock,
    log: silentLog,
    connect: (_config, term) => simulation.withTerm(term),
    authority: simulatedAuthority,
    signal,
    saveBackup: async (content) => `/backup-${saved.push(content)}`,
  });

async function withStore(url: string, body: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(url);
  try {
    await createConfig(store, simulatedCluster(simulation.nodes));
    await body(store);
  } finally {
    await store.close();
  }
}

const newer = { to: configVersion + 1, summary: 'Nodes have a tag', objects: { node: (old: object) => ({ ...old, tags: ['new'] }) } };

for (const [kind, newUrl] of Object.entries(kinds)) {
  test(`${kind}: when a newer master has migrated the store, an older one that stood by does not take over and writes nothing`, () =>
    withStore(newUrl(), async (store) => {
      const stop = new AbortController();
      const options = { name: 'node1', ttlSeconds: 60, clock: systemClock, log: silentLog, signal: stop.signal };
      const leadership = await campaign(store, options);
      const leaders: string[] = [];
      const watching = (async () => {
        for await (const { events } of store.watch(keys.leader, leadership.term, stop.signal))
          for (const event of events) leaders.push(event.type);
      })();
      const standing = master(store, stop.signal).then(
        () => assert.fail('it leads'),
        (error: { code: string; facts: object }) => error,
      );
      const saveBackup = async () => '/state/before.backup';
      await migrateConfig(store, { fence: leadership.compare, master: 'node1', saveBackup, log: silentLog, migrations: [newer] });
      const content = await readContent(store);
      await leadership.resign();
      const { code, facts } = await standing;
      assert.equal(code, 'STORE_VERSION_NEWER');
      assert.deepEqual(facts, {
        store: '(configuration under /config/)',
        found: configVersion + 1,
        known: configVersion,
        backup: '/state/before.backup',
      });
      await until('the leadership was given back', () => leaders.length > 0);
      assert.deepEqual(leaders, ['delete'], 'only the one that led before gave its leadership back');
      assert.deepEqual(await readContent(store), content);
      stop.abort();
      await watching;
    }));

  test(`${kind}: a master that finds an older configuration backs the store up and migrates it before it works`, () =>
    withStore(newUrl(), async (store) => {
      const entry = await store.get(keys.cluster);
      const old = JSON.stringify({ ...(JSON.parse(entry?.value ?? '') as object), config_version: configVersion - 1 });
      await store.transact({ compares: [], writes: [{ type: 'put', key: keys.cluster, value: old }] });
      const saved: StoreContent[] = [];
      const leading = await master(store, new AbortController().signal, saved);
      try {
        assert.equal(leading.services.config.current.cluster.config_version, configVersion);
        assert.deepEqual(
          saved.map((content) => content.get(keys.cluster)),
          [old],
        );
        assert.match((await store.get(keys.migrated))?.value ?? '', /"backup":"\/backup-1"/);
      } finally {
        await leading.close();
      }
    }));
}
