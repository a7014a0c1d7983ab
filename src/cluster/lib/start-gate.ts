import type { Clock } from '../../base/index.ts';

export interface StartGateOptions {
  /** Works that may be young at the same time. */
  readonly limit: number;
  /** After this time a work that still goes on counts no more: it waits for something, and keeps nobody back. */
  readonly youngMs: number;
  readonly clock: Clock;
}

/**
 * Lets works begin some at a time, in the order in which they come. It spares the event loop a thousand handshakes in
 * one turn, yet those that hang hold up the others for a moment only.
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
