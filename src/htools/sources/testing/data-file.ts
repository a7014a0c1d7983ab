import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Path of a file of the test data. */
export const dataFile = (name: string): string => join(import.meta.dirname, '..', 'testdata', name);

/** Text of a file of the test data. */
export const dataText = (name: string): string => readFileSync(dataFile(name), 'utf8');
