import { GantryError } from '../../base/index.ts';
import type { Config, Leadership } from '../../store/index.ts';

type Term = Pick<Leadership, 'compare' | 'lose'>;

/** Ends the term, as a write found that this master does not lead any more. Returns what to throw. */
export function fencedOut(term: Term): GantryError {
  term.lose(new GantryError('MASTER_STANDS_BY', { reason: 'a write was refused' }));
  return new GantryError('FENCED', { key: term.compare.key });
}

/** The outcome of a write. One that the store refused because this master does not lead any more ends the term at once, as in the job queue. */
async function fencedEndsTerm<T>(term: Term, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof GantryError && error.code === 'FENCED' && error.facts['key'] === term.compare.key) throw fencedOut(term);
    throw error;
  }
}

/** The configuration for all parts of a leading master. */
export function configOfTerm(config: Config, term: Term): Config {
  return {
    get current() {
      return config.current;
    },
    transact: (change, rider) => fencedEndsTerm(term, config.transact(change, rider)),
    rehearse: (change) => config.rehearse(change),
    reached: (revision) => config.reached(revision),
    moved: (after, signal) => config.moved(after, signal),
    close: () => config.close(),
  };
}
