import { after, before } from 'node:test';
import { openStore } from './open-store.ts';
import { registerStoreConformance } from './store-conformance.ts';
import { type EtcdServer, startEtcdServer } from './testing/etcd-server.ts';

let server: EtcdServer;
let places = 0;

before(async () => {
  server = await startEtcdServer();
});
after(() => server?.remove());

registerStoreConformance('etcd', {
  async makePlace() {
    const url = `etcd://localhost:${server.port}/test-${places++}`;
    return { url, open: () => openStore(url) };
  },
  crash: () => server.crash(),
});
