/** What became of one object of the kind that was asked for. A reader may be told of a change that he knows already. */
export interface Change {
  /** UUID of a configured object; number of a job. */
  readonly key: string;
  readonly type: 'added' | 'changed' | 'removed';
}

/**
 * What happened up to a revision of the configuration. With `resync` nobody knows what happened before: the reader must look
 * at everything of the kind, as it is at this revision or later.
 */
export type ChangeBatch =
  | { readonly revision: number; readonly changes: readonly Change[] }
  | { readonly revision: number; readonly resync: true };
