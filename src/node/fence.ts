import { readFile } from 'node:fs/promises';
import { GantryError, writeFileAtomic } from '../base/index.ts';

/** Remembers the highest term that was seen, so that a master which lost the lead is refused, also after a restart. */
export interface Fence {
  /** Lets a request of this term pass; a higher one is durable before it returns. @throws NODE_REFUSED_TERM */
  pass(term: number): Promise<void>;
  readonly highest: number;
}

interface Kept {
  read(): Promise<number>;
  write(term: number): Promise<void>;
}

/** @param path of the file; a copy of it is kept beside it @throws AGENT_STATE_DAMAGED when neither can be read */
export function openFence(path: string): Promise<Fence> {
  return fenceOver(filePair(path));
}

/** A fence that forgets with its process, for simulated nodes. */
export function createMemoryFence(cell: { term: number } = { term: 0 }): Promise<Fence> {
  return fenceOver({
    read: async () => cell.term,
    write: async (term) => {
      cell.term = term;
    },
  });
}

async function fenceOver(kept: Kept): Promise<Fence> {
  let highest = await kept.read();
  let writing: Promise<void> = Promise.resolve();
  return {
    get highest() {
      return highest;
    },
    async pass(term) {
      if (term > highest) {
        // One after the other, so that a lower term never replaces a higher one in the file.
        writing = writing
          .catch(() => undefined)
          .then(async () => {
            if (term <= highest) return;
            await kept.write(term);
            highest = term;
          });
        await writing;
      }
      if (term < highest) throw new GantryError('NODE_REFUSED_TERM', { term, seen: highest });
    },
  };
}

/**
 * The copy is written first: when one of the two is torn, the other one has the old term (the new one was not
 * acknowledged) or the new one.
 */
function filePair(path: string): Kept {
  const copy = `${path}.copy`;
  const write = async (term: number) => {
    for (const file of [copy, path]) await writeFileAtomic(file, `${JSON.stringify({ term })}\n`, 0o600);
  };
  return {
    write,
    async read() {
      const found = await Promise.all([readTerm(copy), readTerm(path)]);
      const terms = found.filter((term) => typeof term === 'number');
      const torn = found.find((term) => typeof term === 'string');
      if (terms.length === 0 && torn !== undefined) throw new GantryError('AGENT_STATE_DAMAGED', { path, problem: torn });
      const term = Math.max(0, ...terms);
      // Both are whole again before the next one can break.
      if (term > 0 && found.some((one) => one !== term)) await write(term);
      return term;
    },
  };
}

/** The term in a file, undefined when there is no file, or what is wrong with it. */
async function readTerm(path: string): Promise<number | string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { term } = JSON.parse(text) as { term?: unknown };
    return Number.isSafeInteger(term) ? (term as number) : 'it has no term';
  } catch (error) {
    return (error as Error).message;
  }
}
