import { given } from './gives-type.ts';

export interface Known {
  readonly given: number;
}

export const known: Known = { given };
