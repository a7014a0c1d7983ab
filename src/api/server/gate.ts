import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';

import { type Authenticator, type ChainAnswer, type ChainClaim, Presented, type Principal } from '../../access/index.ts';

import { GantryError } from '../../base/index.ts';
import type { ApiContext } from '../api-options.ts';
import type { Route } from '../routes/route.ts';
import type { Guess, GuessLimiter } from './guess-limiter.ts';

/** What stands between a request and its handler, for HTTP and WebSocket alike. */
export interface Gate {
  /** @throws API_TOO_MANY_REQUESTS, API_CROSS_ORIGIN, API_UNAUTHENTICATED */
  identify(request: Arrival): Promise<Principal>;
  /** For what needs no user: only the limit and the origin are looked at. */
  admit(request: Arrival): void;
  /** @throws API_FORBIDDEN, ACCESS_REFUSED; while this master does not lead, why */
  permit(user: Principal, route: Route, params: Readonly<Record<string, string>>, trace?: string): Promise<void>;
  /** Counts a wrong credential, so that the address is slowed down. */
  refused(address: string): void;
}

export interface Arrival {
  readonly method: string;
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
  /** Of the connection, with the certificate of the client. */
  readonly socket?: Duplex;
  /** A WebSocket acts like a change: what follows is not bound by the browser's rules. */
  readonly upgrade?: boolean;
}

/** The user of public resources. */
export const nobody: Principal = { name: '-', scheme: 'none', groups: [], options: [] };

/** Browsers name the page that sends; a page of another host may not change anything here. */
function checkOrigin({ method, headers, upgrade }: Arrival): void {
  const { origin, host } = headers;
  if (origin === undefined || (method === 'GET' && !upgrade)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new GantryError('API_CROSS_ORIGIN', { origin });
}

/** Credentials that no scheme can read are a guess like any other. */
const unreadable = (authorization: string | undefined): ChainClaim | undefined =>
  authorization === undefined
    ? undefined
    : { guess: { account: '', secret: authorization }, prove: () => ({ refused: 'unknown-account' }) };

export function createGate(context: ApiContext, authenticator: Authenticator, limiter: GuessLimiter): Gate {
  const { clock } = context.services;
  const tooMany = (seconds: number) => new GantryError('API_TOO_MANY_REQUESTS', { seconds });
  async function tried(claim: ChainClaim, address: string): Promise<ChainAnswer> {
    if (!claim.guess) return claim.prove();
    const { account, secret } = claim.guess;
    // Not the header: one has many spellings, which would push the credentials of others out of what is remembered.
    const guess: Guess = { account, address, credentials: `${account}:${secret}` };
    const turn = limiter.begin(guess);
    if ('refusedFor' in turn) throw tooMany(turn.refusedFor);
    if (turn.waitMs > 0) await clock.sleep(turn.waitMs);
    const answer = await claim.prove();
    if ('principal' in answer) limiter.succeeded(guess);
    else limiter.failed(guess);
    return answer;
  }
  return {
    admit(request) {
      const seconds = limiter.blockedFor(request.address);
      // What only reads guesses nothing.
      if (seconds > 0 && request.method !== 'GET') throw tooMany(seconds);
      checkOrigin(request);
    },
    async identify(request) {
      checkOrigin(request);
      const { headers, address, socket } = request;
      let claim = authenticator.claim(new Presented(headers, address, socket)) ?? unreadable(headers.authorization);
      // A request without credentials is how browsers and clients ask for the challenge; it guesses nothing.
      while (claim) {
        const answer = await tried(claim, address);
        if ('principal' in answer) return answer.principal;
        claim = answer.next;
      }
      throw new GantryError('API_UNAUTHENTICATED');
    },
    permit: async (user, route, params, trace) => {
      if (!route.standby) context.requireLead();
      const objects = route.objects?.(params) ?? [];
      await context.services.access.require(user, { permission: route.permission, objects }, trace);
    },
    refused: (address) => limiter.refused(address),
  };
}
