import { type Clock, GantryError } from '../../base/index.ts';
import type { Presented } from './presented.ts';
import type { Answer, Claim, Scheme } from './scheme.ts';

/** Finds out who sends a request. */
export interface Authenticator {
  /** The `WWW-Authenticate` header of a refusal. */
  readonly challenge: string;
  /** PEM; not empty: ask clients for certificates of these authorities. */
  readonly clientAuthorities: readonly string[];
  /** The first credentials in a request; undefined when there are none of any kind. */
  claim(presented: Presented): ChainClaim | undefined;
  /** May be called again. */
  close(): void;
}

export interface ChainClaim extends Pick<Claim, 'guess'> {
  prove(): ChainAnswer | Promise<ChainAnswer>;
}

/** `next`: other credentials of the request, which another guess would be. */
export type ChainAnswer = Exclude<Answer, { refused: string }> | (Extract<Answer, { refused: string }> & { readonly next?: ChainClaim });

/** A scheme at its place in the chain. */
export interface ChainLink {
  readonly name: string;
  readonly scheme: Scheme;
}

/**
 * Asks schemes in their order. An account belongs to the first scheme that knows it: a wrong secret is not tried with the
 * others, so that nobody gets in as somebody else of the same name.
 */
export function createChain(links: readonly ChainLink[], clock: Pick<Clock, 'now'>): Authenticator {
  let closed = false;
  /** The claim of the first scheme from here on that has one. */
  const claimFrom = (presented: Presented, from: number): ChainClaim | undefined => {
    for (let at = from; at < links.length; at++) {
      const { name, scheme } = links[at] as ChainLink;
      const claim = scheme.claim(presented);
      if (!claim) continue;
      const { guess } = claim;
      const continued = (answer: Answer): ChainAnswer | Promise<ChainAnswer> => {
        if ('principal' in answer) return checked(name, answer, clock);
        const next = answer.refused === 'unknown-account' ? claimFrom(presented, at + 1) : undefined;
        if (!next) return answer;
        return sameGuess(guess, next.guess) ? next.prove() : { ...answer, next };
      };
      const prove = () => {
        const answer = claim.prove();
        return answer instanceof Promise ? answer.then(continued) : continued(answer);
      };
      return guess ? { guess, prove } : { prove };
    }
    return undefined;
  };
  return {
    challenge: [...new Set(links.flatMap(({ scheme }) => scheme.challenge ?? []))].join(', '),
    clientAuthorities: links.flatMap(({ scheme }) => scheme.clientAuthorities ?? []),
    claim: (presented) => claimFrom(presented, 0),
    close: () => {
      if (!closed) for (const { scheme } of links) scheme.close?.();
      closed = true;
    },
  };
}

const sameGuess = (left: Claim['guess'], right: Claim['guess']): boolean =>
  right === undefined || (left?.account === right.account && left.secret === right.secret);

/** No scheme speaks for another one, least of all for the master itself. */
function checked(scheme: string, answer: Extract<Answer, { principal: unknown }>, clock: Pick<Clock, 'now'>): Answer {
  const { principal } = answer;
  if (principal.scheme !== scheme)
    throw new GantryError('INTERNAL', { detail: `scheme ${scheme} gave a principal of ${principal.scheme}` });
  const { until } = principal.limits ?? {};
  return until !== undefined && clock.now() >= until ? { refused: 'expired' } : answer;
}
