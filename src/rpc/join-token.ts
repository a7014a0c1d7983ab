import { type Static, Type } from 'typebox';
import { GantryError } from '../base/index.ts';
import { validate } from '../model/index.ts';

/** What an operator carries from the master to a new node. Whoever has it can join once under that name. */
export const JoinToken = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ minLength: 1 }),
  secret: Type.String({ minLength: 1 }),
  /** `host:port` of the REST API, in the order in which to try them. */
  master: Type.Array(Type.String(), { minItems: 1 }),
  /** SHA-256 of the CA's certificate (DER), hex. */
  ca_sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** Name of the node. */
  node: Type.String({ minLength: 1 }),
});
export type JoinToken = Static<typeof JoinToken>;

export function encodeJoinToken(token: JoinToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** @throws JOIN_TOKEN_MALFORMED, never with a part of the token in its text */
export function decodeJoinToken(text: string): JoinToken {
  const malformed = (problem: string) => new GantryError('JOIN_TOKEN_MALFORMED', { problem });
  const word = text.trim();
  if (!/^[\w-]+$/.test(word)) throw malformed('it is empty or has characters that no token has');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(word, 'base64url').toString('utf8'));
  } catch {
    throw malformed('it cannot be decoded, so it is probably cut off');
  }
  try {
    return validate(JoinToken, value, 'join token');
  } catch (error) {
    throw malformed(`its field ${JSON.stringify(GantryError.from(error).facts['field'])} is missing or wrong`);
  }
}
