import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { openSqliteStore } from './sqlite-store.ts';
import { registerStoreConformance } from './store-conformance.ts';

let directory = '';
let places = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-sqlite-'));
});
after(() => rm(directory, { recursive: true, force: true }));

registerStoreConformance('sqlite', {
  async makePlace() {
    const path = join(directory, `store-${places++}.db`);
    return { url: `sqlite:${path}`, open: () => openSqliteStore(path) };
  },
  async crash(writer) {
    writer.kill('SIGKILL');
  },
});
