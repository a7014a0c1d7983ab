import { readFile } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../base/index.ts';

/** Remembers the highest term that was seen, so that a master which lost the lead is refused, also after a restart. */
export interface Fence {
  /**
   * Lets a request of this term pass; a higher one is durable before it returns. Terms count within one epoch, the history
   * of one store. A new epoch begins when a backup of the store was restored; those before it are refused for ever.
   * @throws NODE_REFUSED_TERM, NODE_REFUSED_EPOCH
   */
  pass(term: number, epoch?: string): Promise<void>;
  readonly highest: number;
}

/** What a fence remembers. */
export interface FenceState {
  readonly term: number;
  /** '': of a master that told none. */
  readonly epoch: string;
  /** Epochs that were replaced. */
  readonly retired: readonly string[];
}

interface Kept {
  read(): Promise<FenceState>;
  save(state: FenceState): Promise<void>;
}

const nothing: FenceState = { term: 0, epoch: '', retired: [] };

/** @param path of the file; a copy of it is kept beside it @throws AGENT_STATE_DAMAGED when neither can be read */
export function openFence(path: string): Promise<Fence> {
  return fenceOver(filePair(path));
}

/** A fence that forgets with its process, for simulated nodes. */
export function createMemoryFence(cell: { term: number; epoch?: string; retired?: readonly string[] } = { term: 0 }): Promise<Fence> {
  return fenceOver({
    read: async () => ({ ...nothing, ...cell }),
    save: async (state) => void Object.assign(cell, state),
  });
}

async function fenceOver(kept: Kept): Promise<Fence> {
  let state = await kept.read();
  let writing: Promise<void> = Promise.resolve();
  const keep = async (before: Promise<void>, term: number, epoch: string) => {
    await before;
    const next = nextState(state, term, epoch);
    if (next === state) return;
    await kept.save(next);
    state = next;
  };
  return {
    get highest() {
      return state.term;
    },
    async pass(term, epoch = '') {
      if (nextState(state, term, epoch) !== state) {
        // One after the other, so that a lower term never replaces a higher one in the file.
        const before = writing.catch(() => undefined);
        writing = keep(before, term, epoch);
        await writing;
      }
      if (epoch !== state.epoch) throw refusedEpoch(state, epoch);
      if (term < state.term) throw new GantryError('NODE_REFUSED_TERM', { term, seen: state.term });
    },
  };
}

/** The same state when a request adds nothing to it. @throws NODE_REFUSED_EPOCH */
function nextState(state: FenceState, term: number, epoch: string): FenceState {
  if (epoch === state.epoch) return term > state.term ? { ...state, term } : state;
  if (epoch === '' || state.retired.includes(epoch)) throw refusedEpoch(state, epoch);
  return { term, epoch, retired: state.epoch === '' ? state.retired : [...state.retired, state.epoch] };
}

const refusedEpoch = (state: FenceState, epoch: string) =>
  new GantryError('NODE_REFUSED_EPOCH', { epoch: epoch || '(none)', seen: state.epoch });

/**
 * The copy is written first: when one of the two is torn, the other one has the old state (the new one was not
 * acknowledged) or the new one.
 */
function filePair(path: string): Kept {
  const copy = `${path}.copy`;
  const save = async (state: FenceState) => {
    // As the version before epochs wrote it, while there is none.
    const kept = state.epoch === '' ? { term: state.term } : state;
    for (const file of [copy, path]) await writeFileAtomic(file, `${JSON.stringify(kept)}\n`, 0o600);
  };
  return {
    save,
    async read() {
      const found = await Promise.all([readState(copy), readState(path)]);
      const states = found.filter((state) => typeof state === 'object');
      const torn = found.find((state) => typeof state === 'string');
      if (states.length === 0 && torn !== undefined) throw new GantryError('AGENT_STATE_DAMAGED', { path, problem: torn });
      const state = states.reduce(newer, nothing);
      // Both are whole again before the next one can break.
      const isSame = (one: FenceState | string | undefined) => JSON.stringify(one) === JSON.stringify(state);
      if (state.term > 0 && !found.every(isSame)) await save(state);
      return state;
    },
  };
}

/** Every new epoch retires one, but for the first one. */
function newer(one: FenceState, other: FenceState): FenceState {
  const rank = ({ epoch, retired }: FenceState) => retired.length + Number(epoch !== '');
  return (rank(other) - rank(one) || other.term - one.term) > 0 ? other : one;
}

/** The state in a file, undefined when there is no file, or what is wrong with it. */
async function readState(path: string): Promise<FenceState | string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    // A version before this one wrote the term alone.
    const { term, epoch = '', retired = [] } = JSON.parse(text) as { term?: unknown; epoch?: unknown; retired?: unknown };
    if (!Number.isSafeInteger(term)) return 'it has no term';
    if (typeof epoch !== 'string' || !Array.isArray(retired)) return 'its epochs cannot be read';
    return { term: term as number, epoch, retired: retired.map(String) };
  } catch (error) {
    return (error as Error).message;
  }
}
