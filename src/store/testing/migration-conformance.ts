import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GantryError, silentLog, systemClock } from '../../base/index.ts';
import { configVersion, keys } from '../../model/index.ts';
import { readContent, replaceContent, type StoreContent } from '../backup.ts';
import { createConfig } from '../create-config.ts';
import { campaign } from '../leadership.ts';
import { openConfig } from '../live-config.ts';
import { migrateConfig, plannedMigration } from '../migrations/migrate-config.ts';
import { rehearseMigrations } from '../migrations/migrate-content.ts';
import type { Migration } from '../migrations/migration.ts';
import { requireKnownVersion } from '../migrations/stored-version.ts';
import type { Store } from '../store.ts';
import { delegateStore } from './delegate-store.ts';
import { proveMigration } from './prove-migration.ts';
import { sampleCluster, sampleGroup, sampleInstance, sampleNode } from './sample-objects.ts';

type Fields = Record<string, unknown>;

/** Two steps that end with the version of today; before them there was one memory, a short disk id and another claim of ports. */
const steps: readonly Migration[] = [
  {
    to: configVersion - 1,
    summary: 'Instances have a maximum and a minimum of memory',
    objects: {
      instance: (instance) => {
        const { memory, ...rest } = instance['beparams'] as Fields;
        return memory === undefined ? instance : { ...instance, beparams: { ...rest, maxmem: memory, minmem: memory } };
      },
    },
    key: (key, value) => (key.startsWith(oldClaims) ? [[key.replace(oldClaims, newClaims), value]] : undefined),
  },
  {
    to: configVersion,
    summary: 'Disks name their driver, and lie below the folder of the cluster',
    objects: {
      cluster: (cluster) => ('folder' in cluster ? withoutFolder(cluster) : cluster),
      instance: (instance, { cluster }) => ({
        ...instance,
        disks: (instance['disks'] as { logical_id: string[]; dev_type: string }[]).map((disk) =>
          disk.logical_id.length === 2
            ? disk
            : { ...disk, logical_id: [disk.dev_type, `${String(cluster['file_storage_dir'] ?? cluster['folder'])}/${disk.logical_id[0]}`] },
        ),
      }),
    },
  },
];
const oldClaims = '/config/claims/vnc/';
const newClaims = '/config/claims/port/';
const withoutFolder = ({ folder, ...rest }: Fields) => ({ ...rest, file_storage_dir: folder });
const count = 130;

/** A configuration as it was two versions before. */
async function oldContent(store: Store): Promise<StoreContent> {
  await createConfig(store, { cluster: sampleCluster, groups: [sampleGroup], nodes: [sampleNode(0)] });
  const content = new Map(await readContent(store));
  const { file_storage_dir: folder, ...cluster } = sampleCluster;
  content.set(keys.cluster, JSON.stringify({ ...cluster, folder, config_version: configVersion - 2 }));
  for (let number = 0; number < count; number++) {
    const { beparams, disks, ...instance } = sampleInstance(number);
    const { maxmem, minmem: _, ...rest } = beparams;
    const short = disks.map((disk) => ({ ...disk, logical_id: [`${instance.uuid}/disk0`] }));
    const old = { ...instance, beparams: { ...rest, memory: maxmem }, disks: short };
    content.set(keys.instance(instance.uuid), JSON.stringify(old));
    content.set(keys.name('instance', instance.name), instance.uuid);
    content.set(`${oldClaims}${instance.network_port}`, instance.uuid);
  }
  return content.set('/jobs/1', 'a job');
}

const killed = () => new GantryError('CANCELLED', { subject: 'the master' });

/** Kills its user before or after its n-th write. */
function mortal(store: Store, at: number, when: 'before' | 'after'): Store {
  let writes = 0;
  return delegateStore(store, {
    async transact(transaction) {
      const dies = ++writes === at;
      if (dies && when === 'before') throw killed();
      const outcome = await store.transact(transaction);
      if (dies) throw killed();
      return outcome;
    },
  });
}

async function asLeader<T>(store: Store, work: (fence: { key: string; modRevision: number }) => Promise<T>): Promise<T> {
  const { signal } = new AbortController();
  const leadership = await campaign(store, { name: 'one', ttlSeconds: 60, clock: systemClock, log: silentLog, signal });
  try {
    return await work(leadership.compare);
  } finally {
    await leadership.resign();
  }
}

/** Backups by their path. */
const saver = (saved: Map<string, StoreContent>) => async (content: StoreContent) => {
  const path = `/backup-${saved.size}`;
  saved.set(path, content);
  return path;
};

const migrate = (store: Store, through: Store, saved: Map<string, StoreContent>) =>
  asLeader(store, (fence) => migrateConfig(through, { fence, master: 'one', saveBackup: saver(saved), log: silentLog, migrations: steps }));

const plain = (content: StoreContent) => Object.fromEntries(content);

/** Registers what holds for migrations on every adapter of `Store`. */
export function registerMigrationConformance(adapter: string, open: () => Promise<Store>): void {
  void test(`${adapter}: a migration that is killed before or after any of its writes is continued, and its parts are used by nobody`, async () => {
    const model = await open();
    const before = await oldContent(model);
    await model.close();
    steps.reduce((content, step) => proveMigration(step, content), before);
    const after = new Map(rehearseMigrations(before, steps, configVersion));
    assert.equal(after.size, before.size);
    let finished = false;
    let interrupted = 0;
    for (let at = 1; !finished; at++) {
      for (const when of ['before', 'after'] as const) {
        const store = await open();
        await replaceContent(store, before, 'the test');
        const saved = new Map<string, StoreContent>();
        const outcome = await migrate(store, mortal(store, at, when), saved).catch((error: GantryError) => error.code);
        finished = typeof outcome === 'object';
        if (!finished) {
          assert.equal(outcome, 'CANCELLED');
          interrupted++;
          await assertUnused(store, before);
          await migrate(store, store, saved);
        }
        const { [keys.migrated]: record = '', ...rest } = plain(await readContent(store));
        assert.deepEqual(rest, plain(after), `write ${at}, ${when}`);
        const { from, to, backup } = JSON.parse(record) as { from: number; to: number; backup: string };
        assert.deepEqual([from, to], [configVersion - 2, configVersion]);
        // What was saved when the first change was written, whoever completed it.
        assert.deepEqual(plain(saved.get(backup) ?? new Map()), plain(before));
        const config = await openConfig(store, { clock: systemClock, log: silentLog });
        assert.equal(config.current.instances.size, count);
        assert.equal(config.current.claim('port', '11003'), sampleInstance(3).uuid);
        await config.close();
        assert.equal(await migrate(store, store, saved), undefined, 'nothing is left to do');
        await store.close();
      }
    }
    // Two steps of two transactions of objects at least, each killed twice.
    assert.ok(interrupted > 14, `${interrupted}`);
  });

  void test(`${adapter}: a reader at work is told as soon as a migration begins; a master that lost its term writes nothing more`, async () => {
    const store = await open();
    await replaceContent(store, rehearseMigrations(await oldContent(store), steps, configVersion), 'the test');
    const config = await openConfig(store, { clock: systemClock, log: silentLog });
    const next: Migration = { to: configVersion + 1, summary: 'Tags', objects: { instance: (instance) => ({ ...instance, tags: ['a'] }) } };
    const migrateNext = (through: Store) =>
      asLeader(store, (fence) =>
        migrateConfig(through, { fence, master: 'two', saveBackup: async () => '/b', log: silentLog, migrations: [next] }),
      );
    let writes = 0;
    const deposed = delegateStore(store, {
      async transact(transaction) {
        if (++writes === 2) await store.transact({ compares: [], writes: [{ type: 'delete', key: keys.leader }] });
        return store.transact(transaction);
      },
    });
    await assert.rejects(migrateNext(deposed), { code: 'FENCED' });
    const facts = { store: '(configuration under /config/)', found: configVersion + 1, known: configVersion, backup: '/b' };
    await assert.rejects(config.reached(Number.MAX_SAFE_INTEGER), { code: 'STORE_VERSION_NEWER', facts });
    await config.close();
    await migrateNext(store);
    const before = await store.range('');
    for (const refused of [requireKnownVersion(store), asLeader(store, () => plannedMigration(store))])
      await assert.rejects(refused, { code: 'STORE_VERSION_NEWER' });
    await assert.rejects(requireKnownVersion(store), { facts });
    assert.deepEqual(plain(await readContent(store)), Object.fromEntries(before.entries.map(({ key, value }) => [key, value])));
    await store.close();
  });
}

/** Either nothing was begun, or nobody can read it. */
async function assertUnused(store: Store, before: StoreContent): Promise<void> {
  const content = new Map(await readContent(store));
  const done = content.delete(keys.migrated);
  if (content.has(keys.migrating)) {
    await assert.rejects(openConfig(store, { clock: systemClock, log: silentLog }), { code: 'STORE_MIGRATING' });
  } else if (!done) {
    assert.deepEqual(plain(content), plain(before));
  }
}
