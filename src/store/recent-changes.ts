import type { WatchBatch, WatchEvent } from './store.ts';

const mostRevisions = 1000;
const mostBytes = 4 * 1024 * 1024;

interface Batch {
  readonly revision: number;
  readonly events: WatchEvent[];
  bytes: number;
}

/**
 * The newest changes that this process made itself, so that watches here need not read them back from the file. They are
 * whole from one revision on as long as nobody else writes: whoever finds a change of another process calls `forget`.
 */
export class RecentChanges {
  /** Everything after this revision is in `#batches`, one each. */
  #base = Number.NaN;
  #batches: Batch[] = [];
  #bytes = 0;
  /** Of the group that is not committed yet. */
  #pending: Batch[] = [];

  /** Before a group of transactions. @param revision of the file */
  begin(revision: number): void {
    this.#pending = [];
    if (revision === this.#newest) return;
    this.forget();
    this.#base = revision;
  }

  add(revision: number, event: WatchEvent): void {
    const last = this.#pending.at(-1);
    const batch = last?.revision === revision ? last : { revision, events: [], bytes: 0 };
    if (batch !== last) this.#pending.push(batch);
    batch.events.push(event);
    batch.bytes += event.type === 'put' ? event.entry.value.length : 0;
  }

  /** The group is in the file. */
  commit(): void {
    for (const batch of this.#pending) {
      this.#batches.push(batch);
      this.#bytes += batch.bytes;
    }
    this.#pending = [];
    if (this.#batches.length <= mostRevisions && this.#bytes <= mostBytes) return;
    // Half of it goes, so that it is seldom that the rest has to move.
    let dropped = 0;
    while (this.#batches.length - dropped > mostRevisions / 2 || (this.#bytes > mostBytes / 2 && dropped < this.#batches.length)) {
      this.#bytes -= this.#batches[dropped]?.bytes ?? 0;
      dropped += 1;
    }
    this.#base += dropped;
    this.#batches.splice(0, dropped);
  }

  /** Somebody else wrote, or what was written is no longer to be seen. */
  forget(): void {
    this.#base = Number.NaN;
    this.#batches = [];
    this.#bytes = 0;
  }

  /** Changes of a prefix after a revision, and the revision up to which they go; undefined when only the file knows. */
  after(prefix: string, after: number): { readonly batches: WatchBatch[]; readonly complete: true; readonly revision: number } | undefined {
    if (!(after >= this.#base && after <= this.#newest)) return undefined;
    const batches: WatchBatch[] = [];
    for (const { revision, events } of this.#batches.slice(after - this.#base)) {
      const wanted = events.filter((event) => (event.type === 'put' ? event.entry.key : event.key).startsWith(prefix));
      if (wanted.length > 0) batches.push({ revision, events: wanted });
    }
    return { batches, complete: true, revision: this.#newest };
  }

  get #newest(): number {
    return this.#base + this.#batches.length;
  }
}
