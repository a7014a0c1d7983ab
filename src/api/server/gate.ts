import type { IncomingHttpHeaders } from 'node:http';

import { type Authenticator, basicCredentials, type User } from '../../access/index.ts';

import { GantryError } from '../../base/index.ts';
import type { ApiContext } from '../api-options.ts';
import type { Route } from '../routes/route.ts';
import { authorize } from '../routes/submit.ts';
import type { Guess, GuessLimiter } from './guess-limiter.ts';

/** What stands between a request and its handler, for HTTP and WebSocket alike. */
export interface Gate {
  /** @throws API_TOO_MANY_REQUESTS, API_CROSS_ORIGIN, API_UNAUTHENTICATED */
  identify(request: Arrival): Promise<User>;
  /** For what needs no user: only the limit and the origin are looked at. */
  admit(request: Arrival): void;
  /** @throws API_FORBIDDEN; while this master does not lead, why */
  permit(user: User, route: Route, params: Readonly<Record<string, string>>): Promise<void>;
  /** Counts a wrong credential, so that the address is slowed down. */
  refused(address: string): void;
}

export interface Arrival {
  readonly method: string;
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
  /** A WebSocket acts like a change: what follows is not bound by the browser's rules. */
  readonly upgrade?: boolean;
}

/** The user of public resources. */
export const nobody: User = { name: '-', options: [] };

/** Browsers name the page that sends; a page of another host may not change anything here. */
function checkOrigin({ method, headers, upgrade }: Arrival): void {
  const { origin, host } = headers;
  if (origin === undefined || (method === 'GET' && !upgrade)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new GantryError('API_CROSS_ORIGIN', { origin });
}

export function createGate(context: ApiContext, authenticator: Authenticator, limiter: GuessLimiter): Gate {
  const { clock } = context.services;
  const tooMany = (seconds: number) => new GantryError('API_TOO_MANY_REQUESTS', { seconds });
  return {
    admit(request) {
      const seconds = limiter.blockedFor(request.address);
      // What only reads guesses nothing.
      if (seconds > 0 && request.method !== 'GET') throw tooMany(seconds);
      checkOrigin(request);
    },
    async identify(request) {
      checkOrigin(request);
      const { authorization } = request.headers;
      // A request without credentials is how browsers and clients ask for the challenge; it guesses nothing.
      if (authorization === undefined) throw new GantryError('API_UNAUTHENTICATED');
      const { user: account, password } = basicCredentials(authorization) ?? { user: '', password: authorization };
      // Not the header: one has many spellings, which would push the credentials of others out of what is remembered.
      const guess: Guess = { account, address: request.address, credentials: `${account}:${password}` };
      const turn = limiter.begin(guess);
      if ('refusedFor' in turn) throw tooMany(turn.refusedFor);
      if (turn.waitMs > 0) await clock.sleep(turn.waitMs);
      const user = await authenticator.authenticate(authorization);
      if (!user) {
        limiter.failed(guess);
        throw new GantryError('API_UNAUTHENTICATED');
      }
      limiter.succeeded(guess);
      return user;
    },
    permit: async (user, route, params) => {
      context.requireLead();
      await authorize(context, user, route.permission, route.objects?.(params) ?? []);
    },
    refused: (address) => limiter.refused(address),
  };
}
