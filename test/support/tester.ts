import type { Principal } from '../../src/access/index.ts';

/** A user who may do everything. */
export const tester: Principal = { name: 'tester', scheme: 'users-file', groups: [], options: ['write'] };
