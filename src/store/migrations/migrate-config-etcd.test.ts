import { after, before } from 'node:test';
import { openStore } from '../open-store.ts';
import { type EtcdServer, startEtcdServer } from '../testing/etcd-server.ts';
import { registerMigrationConformance } from '../testing/migration-conformance.ts';

let server: EtcdServer;
let places = 0;

before(async () => {
  server = await startEtcdServer();
});
after(() => server?.remove());

registerMigrationConformance('etcd', () => openStore(`etcd://localhost:${server.port}/migrations-${places++}`));
