import type { Clock } from '../../../base/index.ts';

export interface StartGateOptions {
  /** Tasks that may be starting at the same time. */
  readonly limit: number;
  /** After this time a running task does not count any more: it waits for something and does not delay the others. */
  readonly youngMs: number;
  readonly clock: Clock;
}

/**
 * Starts tasks a few at a time, in the order in which they arrive. So the event loop does not get a thousand handshakes in one
 * turn, and tasks that hang delay the others only for a moment.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  readonly #waiting: (() => void)[] = [];
  #young = 0;

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const { limit, youngMs, clock } = this.#options;
    if (this.#young >= limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#young++;
    let young = true;
    const grow = () => {
      if (!young) return;
      young = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#young--;
    };
    const over = new AbortController();
    clock.sleep(youngMs, over.signal).then(grow, grow);
    try {
      return await work();
    } finally {
      over.abort('over');
      grow();
    }
  }
}
