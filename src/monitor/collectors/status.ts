/** What a status report says of the whole. Ganeti's codes: 0 good, 1 being repaired, 2 unknown, 4 bad. */
export interface Status {
  readonly code: 0 | 1 | 2 | 4;
  readonly message: string;
}
