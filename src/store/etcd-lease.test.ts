import { after, before } from 'node:test';
import { openStore } from './open-store.ts';
import { type EtcdServer, startEtcdServer } from './testing/etcd-server.ts';
import { registerStoreConformance } from './testing/store-conformance.ts';

let server: EtcdServer;
let places = 0;
const newUrl = () => `etcd://localhost:${server.port}/test-${places++}`;

before(async () => {
  server = await startEtcdServer();
});
after(() => server?.remove());

const makePlace = async () => {
  const url = newUrl();
  return { url, open: () => openStore(url) };
};
registerStoreConformance('etcd', { makePlace, crash: () => server.crash() }, ['leases', 'crash']);
