import type { Store } from '../../src/store/index.ts';

/** When to die: at the n-th write since `arm`, just before it is made or just after it is durable. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** A store whose process is killed with SIGKILL at a chosen write. */
export function killingStore(store: Store, death: Death | undefined): Store & { arm(): void; readonly writes: number } {
  let armed = false;
  let writes = 0;
  const die = () => {
    process.kill(process.pid, 'SIGKILL');
    // The signal is delivered before anything else happens; this only keeps the promise open.
    return new Promise<never>(() => undefined);
  };
  return {
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    async transact(transaction) {
      const own = armed ? ++writes : 0;
      if (death && own === death.at && death.when === 'before') return die();
      const result = await store.transact(transaction);
      if (death && own === death.at && death.when === 'after') return die();
      return result;
    },
    watch: (prefix, after, signal) => store.watch(prefix, after, signal),
    grantLease: (ttlSeconds) => store.grantLease(ttlSeconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    arm() {
      armed = true;
    },
    get writes() {
      return writes;
    },
  };
}
