/** Who sends a request or owns a job. It holds no secret. */
export interface Principal {
  readonly name: string;
  /** The authentication scheme that vouched for the name; `internal` for parts of the master. */
  readonly scheme: string;
  readonly groups: readonly string[];
  /** Words that the scheme gives to the authorizer, such as `read` and `write` of the users file. */
  readonly options: readonly string[];
  /** What holds for this principal whatever the authorizer says. */
  readonly limits?: PrincipalLimits;
}

export interface PrincipalLimits {
  /** It may use nothing that changes something. */
  readonly readOnly?: boolean;
  /** Milliseconds since 1970 from which on its credentials are not accepted. Jobs that it submitted before continue. */
  readonly until?: number;
}
