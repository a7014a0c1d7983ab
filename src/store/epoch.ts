import { randomBytes } from 'node:crypto';
import { GantryError } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Comparison, Store } from './store.ts';

/** 32 random hexadecimal digits: two histories never have the same ones, on whichever host a backup is restored. */
export const drawEpoch = (): string => randomBytes(16).toString('hex');

/**
 * The identity of the store's history; created now if the store is older than this feature.
 * @param fence holds while this master leads
 * @throws FENCED, STORE_RESTORING
 */
export async function ensureEpoch(store: Store, fence: Comparison): Promise<string> {
  const unfinished = await store.get(keys.restoring);
  if (unfinished) throw new GantryError('STORE_RESTORING', { backup: unfinished.value });
  const known = await store.get(keys.epoch);
  if (known) return known.value;
  const value = drawEpoch();
  const compares = [fence, { key: keys.epoch, modRevision: 0 }];
  const { committed } = await store.transact({ compares, writes: [{ type: 'put', key: keys.epoch, value }] });
  if (!committed) throw new GantryError('FENCED', { key: keys.epoch });
  return value;
}
