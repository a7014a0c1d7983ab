import { type Clock, GantryError, type Log } from '../../base/index.ts';
import type { Comparison, Store, Write } from '../../store/index.ts';

export interface SurelyParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Milliseconds between attempts while the store cannot be reached. */
const pauseMs = { first: 50, most: 5000 } as const;

/**
 * A transaction whose outcome is known when it resolves: while the store cannot be reached it is repeated, and an attempt whose
 * answer was lost is recognised by its first write (a put).
 * @returns the revision, or undefined when a comparison did not hold
 * @throws the signal's reason; errors that a repetition cannot fix; STORE_FULL when it is certain that nothing was written
 */
export async function transactSurely(
  parts: SurelyParts,
  compares: readonly Comparison[],
  writes: readonly Write[],
): Promise<number | undefined> {
  let uncertain = false;
  for (let pause: number = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.most)) {
    try {
      if (uncertain) {
        const revision = await revisionOf(parts.store, compares, writes);
        if (revision !== undefined) return revision;
      }
      const result = await parts.store.transact({ compares, writes });
      if (result.committed) return result.revision;
      // The attempt whose answer was lost may have been carried out only after we had looked for it.
      return uncertain ? await revisionOf(parts.store, compares, writes) : undefined;
    } catch (error) {
      parts.signal.throwIfAborted();
      if (!isOutage(error) || (isFull(error) && !uncertain)) throw error;
      uncertain = true;
      parts.log.warn({ err: error }, 'the store does not answer; the write is repeated');
      await parts.clock.sleep(pause, parts.signal);
    }
  }
}

export function isOutage(error: unknown): boolean {
  return GantryError.from(error).code === 'STORE_UNAVAILABLE' || isFull(error);
}

export function isFull(error: unknown): boolean {
  return GantryError.from(error).code === 'STORE_FULL';
}

/** Revision of the lost attempt, if it was committed: our value is there, and newer than the one we compared with. */
async function revisionOf(store: Store, compares: readonly Comparison[], writes: readonly Write[]): Promise<number | undefined> {
  const first = writes[0];
  if (first?.type !== 'put') return undefined;
  const entry = await store.get(first.key);
  const before = compares.find(({ key }) => key === first.key)?.modRevision ?? 0;
  return entry && entry.modRevision > before && entry.value === first.value ? entry.modRevision : undefined;
}
