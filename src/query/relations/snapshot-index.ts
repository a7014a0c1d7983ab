import type { Collection, ConfigSnapshot } from '../../store/index.ts';

/** The objects of a snapshot with this key. */
export type SnapshotIndex<Item> = (key: string, config: ConfigSnapshot) => readonly Item[];

/**
 * Objects of the configuration by a key that they hold. It is made in one walk when somebody asks, and kept as long as the
 * collection: a snapshot whose objects of the kind are the same has the same collection.
 */
export function snapshotIndex<Item>(
  collectionOf: (config: ConfigSnapshot) => Pick<Collection<Item>, 'values'>,
  keysOf: (item: Item) => Iterable<string>,
): SnapshotIndex<Item> {
  const known = new WeakMap<object, ReadonlyMap<string, readonly Item[]>>();
  return (key, config) => {
    const collection = collectionOf(config);
    let index = known.get(collection);
    if (!index) {
      index = indexOf(collection.values(), keysOf);
      known.set(collection, index);
    }
    return index.get(key) ?? [];
  };
}

function indexOf<Item>(items: Iterable<Item>, keysOf: (item: Item) => Iterable<string>): Map<string, Item[]> {
  const index = new Map<string, Item[]>();
  for (const item of items) {
    for (const key of new Set(keysOf(item))) {
      const list = index.get(key);
      if (list) list.push(item);
      else index.set(key, [item]);
    }
  }
  return index;
}
