import type { Static, TObject } from 'typebox';
import type { Clock, Log } from '../../base/index.ts';
import type { Principal } from '../principal.ts';
import type { Presented } from './presented.ts';

/** Why credentials are refused. Only after `unknown-account` another scheme of the chain is asked. */
export type RefusalReason = 'unknown-account' | 'wrong-secret' | 'expired' | 'disabled';

export type Answer = { readonly principal: Principal } | { readonly refused: RefusalReason };

/** Credentials of a scheme's kind in a request, not tried yet. */
export interface Claim {
  /** What somebody could guess, so that guessing is slowed down; absent where nothing can be guessed (a key of the TLS handshake). */
  readonly guess?: { readonly account: string; readonly secret: string };
  /** Tries the credentials. A scheme that cannot tell (its server does not answer) throws: nobody gets in. */
  prove(): Answer | Promise<Answer>;
}

/** One way to find out who sends a request. */
export interface Scheme {
  /** For the `WWW-Authenticate` header of refusals; absent where a client can do nothing with it. */
  readonly challenge?: string;
  /** PEM; with at least one, the server asks clients for certificates and checks them against these. */
  readonly clientAuthorities?: readonly string[];
  /** Undefined: not asked, there are no credentials of this kind. Must be quick: it runs for every request. */
  claim(presented: Presented): Claim | undefined;
  close?(): void;
}

export interface SchemeContext {
  readonly log: Log;
  readonly clock: Clock;
}

/** A kind of scheme, as the list of schemes has it. */
export interface SchemeDefinition<Settings extends TObject = TObject> {
  /** As the settings file and principals name it: `users-file`. */
  readonly name: string;
  readonly summary: string;
  /** What an entry of the settings file has beside `scheme`. A property with the format `path` is relative to that file. */
  readonly settings: Settings;
  /** @throws when the settings cannot be used; the master then does not start */
  open(settings: Static<Settings>, context: SchemeContext): Scheme | Promise<Scheme>;
}

/** Types the settings of a definition by its schema. */
export const defineScheme = <Settings extends TObject>(definition: SchemeDefinition<Settings>): SchemeDefinition =>
  definition as unknown as SchemeDefinition;
