import type { Store } from '../store.ts';

/** A store that does what another one does, but for the changed methods. */
export function delegateStore(store: Store, changes: Partial<Store>): Store {
  return {
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    transact: (transaction) => store.transact(transaction),
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    ...changes,
  };
}
