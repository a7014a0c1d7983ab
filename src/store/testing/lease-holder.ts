import { writeSync } from 'node:fs';
import { openStore } from '../open-store.ts';

/* Started by tests with the URL of a store and a key: holds the key by a lease of an hour until it is killed. */
const [url = '', key = ''] = process.argv.slice(2);
const store = await openStore(url);
const lease = await store.grantLease(3600);
await store.transact({ compares: [], writes: [{ type: 'put', key, value: String(process.pid), leaseId: lease.id }] });
writeSync(1, 'held\n');
setInterval(() => undefined, 1000);
