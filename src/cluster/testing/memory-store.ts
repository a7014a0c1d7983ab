import type { Entry, Store, Transaction, TransactionResult } from '../../store/index.ts';

/** As much of a store as a few keys need: reading and transactions, in this process alone. */
export function memoryStore(): Pick<Store, 'get' | 'range' | 'transact'> {
  const entries = new Map<string, Entry>();
  let revision = 0;
  return {
    get: async (key) => entries.get(key),
    async range(prefix) {
      const found = [...entries.values()].filter(({ key }) => key.startsWith(prefix));
      return { entries: found.sort((a, b) => (a.key < b.key ? -1 : 1)), revision, more: false };
    },
    async transact({ compares, writes }: Transaction): Promise<TransactionResult> {
      if (compares.some(({ key, modRevision }) => (entries.get(key)?.modRevision ?? 0) !== modRevision)) return { committed: false };
      revision++;
      for (const write of writes) {
        const { key } = write;
        if (write.type === 'delete') entries.delete(key);
        else
          entries.set(key, {
            key,
            value: write.value,
            createRevision: entries.get(key)?.createRevision ?? revision,
            modRevision: revision,
          });
      }
      return { committed: true, revision };
    },
  };
}
