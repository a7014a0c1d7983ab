import type { DatabaseSync } from 'node:sqlite';
import { GantryError } from '../base/index.ts';
import { sqliteError } from './sqlite-error.ts';

/** How many pieces of work share one commit at most; bounds how long the event loop is held. */
const groupLimit = 256;

interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly value: unknown } | { readonly error: GantryError };

/**
 * Runs pieces of work that arrive in one turn of the event loop inside one SQLite transaction, in order of arrival:
 * one sync of the disk for all of them. Nobody is answered before the commit is durable.
 *
 * A piece of work may refuse by throwing a `GantryError` before it has written anything; the others are not affected.
 * Any other error undoes the whole group.
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #around: { begin(): void; beforeCommit(): void; afterCommit(): void };
  #queue: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  constructor(db: DatabaseSync, path: string, around: { begin(): void; beforeCommit(): void; afterCommit(): void }) {
    this.#db = db;
    this.#path = path;
    this.#around = around;
  }

  submit<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new GantryError('STORE_UNAVAILABLE', { store: this.#path, detail: 'it was closed' }));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      this.#schedule();
    });
  }

  /** Commits what is waiting and takes nothing more. */
  close(): void {
    this.#closed = true;
    while (this.#queue.length > 0) this.#commitGroup();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#queue.length === 0) return;
      this.#commitGroup();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #commitGroup(): void {
    const group = this.#queue.splice(0, groupLimit);
    let outcomes: Outcome[];
    try {
      outcomes = this.#commit(group);
    } catch (thrown) {
      const error = sqliteError(thrown, this.#path);
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.value as never);
    }
    this.#around.afterCommit();
  }

  #commit(group: readonly Waiting[]): Outcome[] {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#around.begin();
      const outcomes = group.map(({ work }) => attempt(work));
      this.#around.beforeCommit();
      this.#db.exec('COMMIT');
      return outcomes;
    } catch (error) {
      // Some failures, a full disk among them, have already rolled it back.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function attempt(work: () => unknown): Outcome {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof GantryError) return { error };
    throw error;
  }
}
