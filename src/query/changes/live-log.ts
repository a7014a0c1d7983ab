import type { Change } from './change.ts';

interface Entry {
  readonly key: string;
  readonly number: number;
  /** Of the configuration at that time. */
  readonly revision: number;
  readonly type: Change['type'];
}

/** The last change of each object of one kind that the configuration does not tell of; the oldest are forgotten. */
export class LiveLog {
  readonly #limit: number;
  /** In the order of their numbers. */
  readonly #entries = new Map<string, Entry>();
  readonly #byNumber = new Map<number, Entry>();
  #newest = 0;
  /** The newest that was forgotten. */
  #forgotten: Entry | undefined;
  #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the newest change. */
  get newest(): number {
    return this.#newest;
  }

  add(key: string, type: Change['type'], revision: number): void {
    this.#remove(this.#entries.get(key));
    const entry = { key, number: ++this.#newest, revision, type };
    this.#entries.set(key, entry);
    this.#byNumber.set(entry.number, entry);
    if (this.#entries.size > this.#limit) this.#remove((this.#forgotten = this.#entries.values().next().value));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #remove(entry: Entry | undefined): void {
    if (!entry) return;
    this.#entries.delete(entry.key);
    this.#byNumber.delete(entry.number);
  }

  /** Number after which lies everything that happened since a revision of the configuration; undefined: that is forgotten. */
  before(revision: number): number | undefined {
    if (this.#forgotten && this.#forgotten.revision >= revision) return undefined;
    for (const entry of this.#entries.values()) if (entry.revision >= revision) return entry.number - 1;
    return this.#newest;
  }

  /** The changes after a number; undefined: some are forgotten. */
  after(number: number): Map<string, Change['type']> | undefined {
    if (this.#forgotten && this.#forgotten.number > number) return undefined;
    const changes = new Map<string, Change['type']>();
    // Readers wake up after each change: the few that one has not seen cost him no walk through all.
    if (this.#newest - number > this.#entries.size) {
      for (const [key, entry] of this.#entries) if (entry.number > number) changes.set(key, entry.type);
      return changes;
    }
    for (let next = number + 1; next <= this.#newest; next++) {
      const entry = this.#byNumber.get(next);
      if (entry) changes.set(entry.key, entry.type);
    }
    return changes;
  }

  /** Resolves when there is a change after a number, or when `signal` aborts. */
  async news(number: number, signal: AbortSignal): Promise<void> {
    if (this.#newest > number || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#waiting = this.#waiting.filter((one) => one !== resolve);
  }
}
