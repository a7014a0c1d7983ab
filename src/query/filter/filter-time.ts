import { GantryError } from '../../base/index.ts';

/** Milliseconds: what the thread of a master can do without for one query. All filters that people and clients write take far less. */
const mostMs = 3000;
/** Looking at the clock costs more than most conditions. */
const conditionsPerLook = 64;

/** How long the conditions of one filter have taken, with all objects: who may only read must not be able to stop the server. */
export class FilterTime {
  readonly #now: () => number;
  readonly #until: number;
  #left = conditionsPerLook;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#until = now() + mostMs;
  }

  /** Called for each condition. @throws API_QUERY_FAILED */
  spend(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#left = conditionsPerLook;
    if (this.#now() <= this.#until) return;
    throw new GantryError('API_QUERY_FAILED', { problem: `The filter needs more than ${mostMs / 1000} s: it has too many conditions` });
  }
}
