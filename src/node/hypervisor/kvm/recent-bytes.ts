/** Keeps the last bytes of a stream, at most so many, in memory that never grows. */
export class RecentBytes {
  readonly #ring: Buffer;
  /** Where the next byte goes. */
  #at = 0;
  #full = false;

  constructor(limit: number) {
    this.#ring = Buffer.alloc(limit);
  }

  push(piece: Buffer): void {
    const limit = this.#ring.length;
    const kept = piece.subarray(Math.max(0, piece.length - limit));
    const first = kept.copy(this.#ring, this.#at, 0, limit - this.#at);
    kept.copy(this.#ring, 0, first);
    if (this.#at + kept.length >= limit) this.#full = true;
    this.#at = (this.#at + kept.length) % limit;
  }

  /** A copy of the last `length` bytes, or of all there are. */
  last(length = this.#ring.length): Buffer {
    const all = this.#full
      ? Buffer.concat([this.#ring.subarray(this.#at), this.#ring.subarray(0, this.#at)])
      : this.#ring.subarray(0, this.#at);
    return Buffer.from(all.subarray(Math.max(0, all.length - length)));
  }
}
