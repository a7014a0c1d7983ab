/**
 * Who has to act on an error. `user`: the request was wrong. `operational`: the world
 * (a node, a disk, a network) did not do its part. `bug`: ours.
 */
export type ErrorKind = 'user' | 'operational' | 'bug';

/** Ganeti's error classification, second element of a failed job's `opresult` (source: Ganeti's `lib/errors.py`, `ECODE_*`). */
export type GanetiErrorCode =
  | 'resolver_error'
  | 'insufficient_resources'
  | 'temp_insufficient_resources'
  | 'wrong_input'
  | 'wrong_state'
  | 'unknown_entity'
  | 'already_exists'
  | 'resource_not_unique'
  | 'internal_error'
  | 'environment_error';

/** Codes of what `gnt-cluster verify` finds, as far as something here is alike (source: Ganeti's `lib/constants.py`, `CV_*`). */
export type GanetiFindingCode =
  | 'ECLUSTERCFG'
  | 'ECLUSTERCERT'
  | 'ECLUSTERCLIENTCERT'
  | 'EINSTANCEBADNODE'
  | 'EINSTANCEDOWN'
  | 'EINSTANCELAYOUT'
  | 'EINSTANCEMISSINGDISK'
  | 'EINSTANCEFAULTYDISK'
  | 'EINSTANCEPOLICY'
  | 'EINSTANCEUNSUITABLENODE'
  | 'EINSTANCEWRONGNODE'
  | 'ENODEFILESTORAGEPATHUNUSABLE'
  | 'ENODESHAREDFILESTORAGEPATHUNUSABLE'
  | 'ENODEHV'
  | 'ENODEN1'
  | 'ENODENET'
  | 'ENODEORPHANINSTANCE'
  | 'ENODEORPHANLV'
  | 'ENODEOS'
  | 'ENODERPC'
  | 'ENODESETUP'
  | 'ENODETIME'
  | 'ENODEVERSION';

/** One row of the catalogue. `{name}` in a text is replaced by the fact of that name. */
export interface ErrorDefinition {
  readonly kind: ErrorKind;
  /** HTTP status with which the REST API answers. */
  readonly http: number;
  readonly ganeti: GanetiErrorCode;
  /** What happened; one sentence with its facts. */
  readonly what: string;
  /** Why it happens; general, for somebody who meets it the first time. */
  readonly why: string;
  /** What to do about it. */
  readonly todo: string;
  /** Of what `cluster verify` finds: Ganeti's code for the like, and whether it leaves the verification good. */
  readonly finding?: { readonly ganeti: GanetiFindingCode; readonly warning?: boolean };
}

/** Declares the errors of one topic; the keys become stable error codes. */
export function defineErrors<const T extends Record<string, ErrorDefinition>>(errors: T): T {
  return errors;
}
