import { type Clock, fingerprinter, networkOf } from '../../base/index.ts';

/** Makes guessing slow, by account and by address, without shutting out who has shown the right credentials before. */
export interface GuessLimiter {
  /**
   * Whether these credentials may be tried, and after how many milliseconds; every trial counts as a wrong one until
   * `succeeded` says that it was right. `refusedFor`: seconds after which there is room again.
   */
  begin(guess: Guess): { readonly waitMs: number } | { readonly refusedFor: number };
  succeeded(guess: Guess): void;
  failed(guess: Guess): void;
  /** Seconds until this address may send what needs no account; 0 when it may now. */
  blockedFor(address: string): number;
  /** Counts something else than a password that was guessed wrong. */
  refused(address: string): void;
}

export interface Guess {
  readonly account: string;
  readonly address: string;
  /** Account and secret, in one spelling. */
  readonly credentials: string;
}

export interface GuessLimits {
  /** Wrong trials of an address in a minute; as many may come at once. */
  readonly perAddress: number;
  /** Wrong trials of an account in a minute, from wherever they come; as many may come at once. */
  readonly perAccount: number;
  /** How long a trial waits for its turn; default 5,000. */
  readonly patienceMs?: number;
}

const minuteMs = 60_000;
const mostRemembered = 10_000;

export function guessLimiter(limits: GuessLimits, clock: Pick<Clock, 'now'>): GuessLimiter {
  const { perAddress, perAccount, patienceMs = 5000 } = limits;
  const addresses = createPace(perAddress, clock);
  const accounts = createPace(perAccount, clock);
  /** Fingerprints of credentials that were right; the one that was used longest ago is forgotten. */
  const good = new Set<string>();
  /** The one that was used last, which most requests use again. */
  let newest = '';
  const name = fingerprinter();
  /** Each is needed at the beginning and at the end of its trial. */
  const names = new WeakMap<Guess, string>();
  const fingerprint = (guess: Guess): string => {
    const known = names.get(guess) ?? name(guess.credentials).toString('latin1');
    names.set(guess, known);
    return known;
  };

  return {
    begin(guess) {
      if (good.has(fingerprint(guess))) return { waitMs: 0 };
      const address = networkOf(guess.address);
      const waitMs = Math.max(addresses.waitFor(address), accounts.waitFor(guess.account));
      if (waitMs > patienceMs) return { refusedFor: Math.ceil(waitMs / 1000) };
      addresses.count(address);
      accounts.count(guess.account);
      return { waitMs };
    },
    succeeded(guess) {
      const print = fingerprint(guess);
      if (print === newest) return;
      if (!good.delete(print)) {
        addresses.forgive(networkOf(guess.address));
        accounts.forgive(guess.account);
      }
      remember(good, print);
      newest = print;
    },
    failed(guess) {
      // They were right once: a changed password must not make the old one a way around the limit.
      if (!good.delete(fingerprint(guess))) return;
      newest = '';
      addresses.count(networkOf(guess.address));
      accounts.count(guess.account);
    },
    blockedFor: (address) => Math.ceil(addresses.waitFor(networkOf(address)) / 1000),
    refused: (address) => addresses.count(networkOf(address)),
  };
}

/** So many in a minute for each name: the time at which what was counted is forgotten again moves on with each. */
function createPace(perMinute: number, clock: Pick<Clock, 'now'>) {
  const times = new Map<string, number>();
  const each = minuteMs / perMinute;
  const move = (name: string, by: number) => {
    const next = Math.max(times.get(name) ?? 0, clock.now()) + by;
    times.delete(name);
    times.set(name, next);
    const [oldest] = times.size > mostRemembered ? times.keys() : [];
    if (oldest !== undefined) times.delete(oldest);
  };
  return {
    /** Milliseconds until there is room for one more. */
    waitFor: (name: string) => Math.max(0, (times.get(name) ?? 0) + each - clock.now() - minuteMs),
    count: (name: string) => move(name, each),
    forgive: (name: string) => move(name, -each),
  };
}

function remember(set: Set<string>, value: string): void {
  set.add(value);
  const [oldest] = set.size > mostRemembered ? set : [];
  if (oldest !== undefined) set.delete(oldest);
}
