import { entrySum } from './sqlite-seal.ts';
import type { Entry } from './store.ts';

const most = 20_000;

/** Sums of the entries that this process wrote lately: what is written again has been summed before. */
export class EntrySums {
  readonly #known = new Map<string, { readonly modRevision: number; readonly sum: number }>();
  #isOpen = false;

  /** Call it before a group of transactions. If a group is undone, its revisions are used again with other content. */
  begin(): void {
    if (this.#isOpen || this.#known.size > most) this.#known.clear();
    this.#isOpen = true;
  }

  commit(): void {
    this.#isOpen = false;
  }

  /** Undefined when only the value tells it. */
  known(key: string, modRevision: number): number | undefined {
    const known = this.#known.get(key);
    return known?.modRevision === modRevision ? known.sum : undefined;
  }

  of({ key, value, createRevision, modRevision }: Entry): number {
    return this.known(key, modRevision) ?? entrySum(key, value, createRevision, modRevision);
  }

  add({ key, value, createRevision, modRevision }: Entry): number {
    const sum = entrySum(key, value, createRevision, modRevision);
    this.#known.set(key, { modRevision, sum });
    return sum;
  }
}
