import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { keys } from '../../model/index.ts';
import { createConfig, openStore, readContent, type Store } from '../../store/index.ts';
import { plainConfig, plainGroup, plainNode } from '../testing/plain-config.ts';
import { prepareImport } from './prepare-import.ts';

let directory: string;
let store: Store;
let stores = 0;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-prepare-'));
});
beforeEach(async () => {
  store = await openStore(`sqlite:${join(directory, `${stores++}.db`)}`);
  const { cluster } = plainConfig({ nodes: [], instances: [] });
  await createConfig(store, { cluster: { ...cluster, master_node: plainNode(0).uuid }, groups: [plainGroup(0)], nodes: [plainNode(0)] });
});
after(() => rm(directory, { recursive: true }));

const refused = async (objects: object, code: string, message: RegExp) => {
  const before = await readContent(store);
  const text = JSON.stringify({ gantry_import: 1, ...objects });
  await assert.rejects(prepareImport(store, { path: '/f.json', text }, 1), { code, message });
  assert.deepEqual(await readContent(store), before);
};

test('an unknown member is named, with what was probably meant', async () => {
  await refused({ nodez: [] }, 'IMPORT_FILE_INVALID', /imported: nodez: is not known here; did you mean "nodes"\? Known: gantry_import, /);
  await refused({ groups: [{ name: 'g' }, { name: 'h', tag: [] }] }, 'IMPORT_FILE_INVALID', /: groups\.1\.tag: .*did you mean "tags"\?/);
  await store.close();
});

test('a key that is in the store without an object would stop the import half way, so it is refused before', async () => {
  const key = keys.name('group', 'rack1');
  await store.transact({ compares: [], writes: [{ type: 'put', key, value: 'nobody' }] });
  await refused({ groups: [{ name: 'rack1' }] }, 'IMPORT_CONFLICT', new RegExp(`the key ${key} `));
  await store.close();
});

test('what no transaction takes is refused with the object', async () => {
  const large = { name: 'rack1', ndparams: { ovs_name: 'x'.repeat(2 ** 20) } };
  await refused({ groups: [{ name: 'rack0' }, large] }, 'IMPORT_FILE_INVALID', /: groups\.1: .*\d{7} bytes; at most 1048576/);
  await store.close();
});

test('the description of locations is checked with what is imported', async () => {
  await refused({ cluster: { location: ': [' } }, 'IMPORT_FILE_INVALID', /cluster\.location: /);
  const location = 'domains:\n  - name: room1\n    kind: room\n    nodes: [nobody]\n';
  await refused({ cluster: { location } }, 'IMPORT_FILE_INVALID', /cluster\.location: /);
  await store.close();
});
