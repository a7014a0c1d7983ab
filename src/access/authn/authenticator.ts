/** Who sent a request, and the options that the users file gives: `read`, `write`. */
export interface User {
  readonly name: string;
  readonly options: readonly string[];
}

/** Finds out who sent a request. Others than the users file (LDAP, tokens) plug in here. */
export interface Authenticator {
  /** The `WWW-Authenticate` header of a refusal. */
  readonly challenge: string;
  /** The user, or undefined when the header is missing or wrong. */
  authenticate(authorization: string | undefined): Promise<User | undefined> | User | undefined;
  close?(): void;
}
