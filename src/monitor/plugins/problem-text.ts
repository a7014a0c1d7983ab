import { GantryError } from '../../base/index.ts';

/** What is wrong, in one line with its code: a report has no other place for it. */
export const problemText = (error: Error): string => (error instanceof GantryError ? `${error.code}: ${error.message}` : error.message);
