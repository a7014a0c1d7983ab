import type { Random } from '../../base/index.ts';
import { type BalanceOptions, defaultBalanceOptions } from '../balance/balance.ts';
import type { RuleBook } from '../location/rule-book.ts';
import type { Traffic } from '../plan/traffic.ts';
import type { StateOptions } from '../state/state-options.ts';

export interface OptimiseOptions {
  readonly random: Random;
  /** Part of the time that is used up, 0 to 1; asked now and then. With `steps` alone the result depends on the seed only. */
  readonly progress?: (() => number) | undefined;
  /** Most steps of the search. */
  readonly steps?: number | undefined;
  readonly maxMoves?: number | undefined;
  /** Most MiB of disk that are copied. */
  readonly maxData?: number | undefined;
  /** What moving one instance must be worth. */
  readonly moveCost?: number | undefined;
  /** Policy limits and N+1 are ignored. */
  readonly ignoreSoftErrors?: boolean | undefined;
  readonly rules?: RuleBook | undefined;
  readonly state?: StateOptions | undefined;
  /** What moves send over; without it nodes alone limit them. */
  readonly traffic?: Traffic | undefined;
}

/** How single moves are chosen. */
export const balanceOptions = ({ rules, ignoreSoftErrors = false }: OptimiseOptions): BalanceOptions => ({
  ...defaultBalanceOptions,
  rules,
  ignoreSoftErrors,
});
