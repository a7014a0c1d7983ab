import { GantryError } from '../base/index.ts';
import { checkTransaction } from './check-transaction.ts';
import { storeLimits, type Write } from './store.ts';

/** Of one transaction while a store is filled. */
const pieces = { writes: 100, bytes: storeLimits.transactionBytes / 2 } as const;
/** What a transaction has besides, while a store is filled: who leads, and the mark that tells how far it is. */
const besides = { count: 4, bytes: 64 * 1024 } as const;

/**
 * Writes as parts that each fit into a transaction, with room for some more; what is together in a group stays together.
 * @throws STORE_OBJECT_TOO_LARGE; so nothing is begun that could not be completed
 */
export function inPieces(groups: Iterable<readonly Write[]>): Write[][] {
  const result: Write[][] = [];
  let bytes = Infinity;
  for (const group of groups) {
    requireFits(group);
    // An import that an earlier version began goes on with the same parts.
    const size = sizeOf(group);
    const last = result.at(-1);
    if (!last || last.length + group.length > pieces.writes || bytes + size > pieces.bytes) {
      result.push([...group]);
      bytes = size;
    } else {
      last.push(...group);
      bytes += size;
    }
  }
  return result;
}

/** Checks that one transaction can take the writes, together with what filling a store has besides. @throws STORE_OBJECT_TOO_LARGE */
export function requireFits(group: readonly Write[]): void {
  const key = group.find((write) => write.type === 'put')?.key ?? group[0]?.key ?? '';
  const tooLarge = (problem: string, cause?: unknown) => new GantryError('STORE_OBJECT_TOO_LARGE', { key, problem }, { cause });
  const limit = storeLimits.writes - besides.count;
  if (group.length > limit) throw tooLarge(`it takes ${group.length} keys, and at most ${limit} can be written together`);
  try {
    checkTransaction({ compares: [], writes: group });
  } catch (error) {
    throw error instanceof GantryError ? tooLarge(error.message, error) : error;
  }
  // New keys are compared, too.
  const bytes = sizeOf(group) + group.reduce((sum, { key: compared }) => sum + Buffer.byteLength(compared), 0);
  const most = storeLimits.transactionBytes - besides.bytes;
  if (bytes > most) throw tooLarge(`it takes ${bytes} bytes, and at most ${most} can be written together`);
}

const sizeOf = (group: readonly Write[]): number =>
  group.reduce((sum, write) => sum + Buffer.byteLength(write.key) + (write.type === 'put' ? Buffer.byteLength(write.value) : 0), 0);
