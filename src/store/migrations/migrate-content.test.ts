import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configVersion, keys } from '../../model/index.ts';
import { proveMigration } from '../testing/prove-migration.ts';
import { sampleCluster, sampleInstance } from '../testing/sample-objects.ts';
import { migrateContent, rehearseMigrations } from './migrate-content.ts';
import type { Migration, MigrationContext, StoredObject } from './migration.ts';
import { migrations } from './migrations.ts';
import { versionOf } from './stored-version.ts';

const instance = sampleInstance(1);
const content = new Map([
  [keys.cluster, JSON.stringify(sampleCluster)],
  [keys.instance(instance.uuid), JSON.stringify(instance)],
  ['/a', '1'],
  ['/b', '2'],
]);
const to = configVersion + 1;

test('the migrations lead from version 1 to the version of this Gantry, without a gap', () => {
  const made = migrations.map((migration) => migration.to);
  assert.deepEqual(
    made,
    Array.from({ length: configVersion - 1 }, (_, index) => index + 2),
  );
});

test('a store that does not tell its version has the first one', () => {
  assert.equal(versionOf('{}'), 1);
  assert.equal(versionOf('{"config_version":7}'), 7);
  for (const text of ['', '{', '{"config_version":"7"}', '{"config_version":1.5}', '5x'])
    assert.throws(() => versionOf(text), { code: 'STORE_OBJECT_CORRUPT', message: /\/config\/cluster/ }, text);
});

test('only what changes is written, and what becomes of one key is written together', () => {
  const parts = [
    ['/c', 'one'],
    ['/d', 'two'],
  ] as const;
  const key = (name: string) => (name === '/a' ? parts : undefined);
  const { content: after, changes } = migrateContent(content, { to, summary: '', key });
  assert.deepEqual(changes, [
    [
      { type: 'delete', key: '/a' },
      { type: 'put', key: '/c', value: 'one' },
      { type: 'put', key: '/d', value: 'two' },
    ],
  ]);
  assert.deepEqual([after.size, after.get('/b'), after.get('/a')], [5, '2', undefined]);
  const gone = migrateContent(content, { to, summary: '', key: (name) => (name === '/a' ? [] : undefined) });
  assert.deepEqual(gone.changes, [[{ type: 'delete', key: '/a' }]]);
});

test('a step sees the cluster and other objects, and cannot change the version', () => {
  const { content: after } = migrateContent(content, {
    to,
    summary: '',
    objects: {
      cluster: ({ config_version: _, ...rest }) => ({ ...rest, cluster_name: 'new' }),
      instance: (old, { cluster, object }) => ({
        ...old,
        os: `${cluster['cluster_name']} ${object('instance', instance.uuid)?.['name']} ${object('node', 'x')}`,
      }),
    },
  });
  const read = (key: string) => JSON.parse(after.get(key) ?? '') as Record<string, unknown>;
  assert.deepEqual(read(keys.cluster), { ...sampleCluster, cluster_name: 'new' });
  assert.equal(read(keys.instance(instance.uuid))['os'], 'cluster.example.com instance1.example.com undefined');
});

test('a migration that cannot be done names the key and the problem', () => {
  const code = 'STORE_MIGRATION_FAILED';
  const of = (step: object) => () => rehearseMigrations(content, [{ to, summary: '', ...step }], to);
  const throws = () => {
    throw new Error('no memory here');
  };
  assert.throws(of({ objects: { instance: throws } }), { code, message: /instances\/.*no memory here/ });
  assert.throws(of({ objects: { instance: () => ({ ...instance, os: 5 }) } }), { code, message: /instances\/.*os: / });
  assert.throws(of({ key: (name: string) => (name === '/a' ? [['/b', 'x']] : undefined) }), { code, message: /two keys become \/b/ });
  assert.equal(versionOf(rehearseMigrations(content, [], to).get(keys.cluster) ?? ''), to);
});

test('what no transaction takes fails before anything is written, with its key and its size', () => {
  const code = 'STORE_MIGRATION_FAILED';
  const fails = (step: object, message: RegExp, from = content) =>
    assert.throws(() => rehearseMigrations(from, [{ to, summary: '', ...step }], to), { code, message });
  fails(
    { objects: { instance: (old: StoredObject) => ({ ...old, os: 'x'.repeat(2 ** 20) }) } },
    /instances\/.*has \d{7} bytes; at most 1048576/,
  );
  const becomes = (count: number) => ({
    key: (name: string) => (name === '/a' ? Array.from({ length: count }, (_, at) => [`/c${at}`, '']) : undefined),
  });
  assert.equal(rehearseMigrations(content, [{ to, summary: '', ...becomes(115) } as never], to).size, 3 + 115);
  fails(becomes(116), /\/a: it takes 117 keys, and at most 116/);
  const half = 'x'.repeat(700_000);
  fails(
    {
      key: (name: string) =>
        name === '/a'
          ? [
              ['/c', half],
              ['/d', half],
            ]
          : undefined,
    },
    /\/a: it takes 1400\d+ bytes, and at most 1368064/,
  );
  const { config_version: _, ...unversioned } = sampleCluster;
  const room = 2 ** 20 - JSON.stringify({ ...unversioned, location: '' }).length;
  const large = JSON.stringify({ ...unversioned, location: 'x'.repeat(room) });
  assert.equal(large.length, 2 ** 20);
  fails({}, /\/config\/cluster: .*at most 1048576/, new Map(content).set(keys.cluster, large));
});

test('keys do not take each other’s places', () => {
  const key = (name: string) => ({ '/a': [['/b', '1']], '/b': [['/c', '2']] })[name] as [string, string][] | undefined;
  assert.throws(() => migrateContent(content, { to, summary: '', key }), {
    code: 'STORE_MIGRATION_FAILED',
    message: /two keys become \/b/,
  });
});

test('a step that would change an object twice, or that needs another one in its old form, is found by its proof', () => {
  const grows = (old: StoredObject) => ({ ...old, os: `${String(old['os'])}+` });
  assert.throws(() => proveMigration({ to, summary: '', objects: { instance: grows } }, content), /stays as it is/);
  const needsOld: Migration = {
    to,
    summary: '',
    objects: {
      cluster: ({ file_storage_dir, ...rest }) => ({ ...rest, ...(file_storage_dir !== undefined && { folder: file_storage_dir }) }),
      instance: (old, { cluster }) => ('place' in old ? old : { ...old, place: String(cluster['file_storage_dir']) }),
    },
  };
  assert.throws(() => proveMigration(needsOld, content), /a mixture of old and new objects/);
  const needsBoth = (old: StoredObject, { cluster }: MigrationContext) =>
    'place' in old ? old : { ...old, place: String(cluster['file_storage_dir'] ?? cluster['folder']) };
  proveMigration({ ...needsOld, objects: { ...needsOld.objects, instance: needsBoth } }, content);
});
