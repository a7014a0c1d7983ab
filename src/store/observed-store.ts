import type { RangeOptions, Store, Transaction, TransactionResult, WatchBatch } from './store.ts';
import type { StoreMetrics, StoreOperation } from './store-metrics.ts';

/** The same store; what is done with it is counted. */
export function observedStore(store: Store, metrics: StoreMetrics): Store {
  const observe = async <T>(operation: StoreOperation, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    let hasFailed = true;
    try {
      const result = await work;
      hasFailed = false;
      return result;
    } finally {
      metrics.ended(operation, (performance.now() - began) / 1000, hasFailed);
    }
  };
  const transact = async (transaction: Transaction): Promise<TransactionResult> => {
    const began = performance.now();
    let outcome: 'committed' | 'conflict' | 'failed' = 'failed';
    try {
      const result = await store.transact(transaction);
      outcome = result.committed ? 'committed' : 'conflict';
      // What changed nothing has the revision of an earlier change.
      if (result.committed && transaction.writes.length > 0) metrics.committed(result.revision, performance.now());
      return result;
    } finally {
      metrics.transacted(outcome);
      metrics.ended('transact', (performance.now() - began) / 1000, outcome === 'failed');
    }
  };
  async function* watch(prefix: string, after: number, signal: AbortSignal): AsyncGenerator<WatchBatch> {
    for await (const batch of store.watch(prefix, after, signal)) {
      if (batch.events.length > 0) metrics.arrived(batch.revision, performance.now());
      yield batch;
    }
  }
  return {
    get: (key) => observe('get', store.get(key)),
    range: (prefix: string, options?: RangeOptions) => observe('range', store.range(prefix, options)),
    transact,
    watch,
    grantLease: (seconds) => store.grantLease(seconds),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    sizeBytes: () => store.sizeBytes?.(),
  };
}
