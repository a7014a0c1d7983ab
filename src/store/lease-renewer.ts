import { GantryError } from '../base/index.ts';
import { prolongLeaseFile } from './lease-file.ts';
import type { RemoteLease } from './store.ts';

/** Prolongs a lease from outside of the store that granted it. */
export interface LeaseRenewer {
  /** By its full time. @returns false when it has ended */
  renew(): Promise<boolean>;
}

export async function openLeaseRenewer(lease: RemoteLease): Promise<LeaseRenewer> {
  if (lease.type === 'sqlite') return { renew: async () => prolongLeaseFile(lease.file, lease.ttlMs) };
  // Loaded only where it is needed: it takes a while.
  const [{ etcdClient }, { keepEtcdLease }] = await Promise.all([import('./etcd-client.ts'), import('./etcd-lease.ts')]);
  const client = etcdClient(lease.options);
  return {
    async renew() {
      try {
        await keepEtcdLease(client, lease.id);
        return true;
      } catch (error) {
        if (error instanceof GantryError && error.code === 'STORE_LEASE_UNKNOWN') return false;
        throw error;
      }
    },
  };
}
