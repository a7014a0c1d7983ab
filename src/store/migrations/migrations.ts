import type { Migration } from './migration.ts';

/** All of them, in order; the first one makes version 2. The last one makes `configVersion`. */
export const migrations: readonly Migration[] = [];
