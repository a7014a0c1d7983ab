import type { Etcd3 } from 'etcd3';
import { GantryError } from '../base/index.ts';

/** Of one prolongation; a member that does not answer in this time rests, as with every other call. */
const keepAliveTimeoutMs = 2000;

/** Prolongs a lease of etcd by its full time. @throws STORE_LEASE_UNKNOWN when it has ended, and what the client throws */
export async function keepEtcdLease(client: Etcd3, id: string): Promise<void> {
  const stream = await client.leaseClient.leaseKeepAlive({ deadline: Date.now() + keepAliveTimeoutMs });
  const answer = Promise.withResolvers<number>();
  stream.on('data', ({ TTL }) => answer.resolve(Number(TTL)));
  // After the answer comes that of our own cancelling.
  stream.on('error', answer.reject);
  stream.on('end', () => answer.reject(Object.assign(new Error('the stream of prolongations ended'), { code: 'ENDED' })));
  stream.write({ ID: id });
  try {
    const seconds = await answer.promise;
    if (seconds <= 0) throw new GantryError('STORE_LEASE_UNKNOWN', { lease: id });
  } finally {
    stream.cancel();
  }
}
