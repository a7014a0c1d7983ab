import type { SchemeDefinition } from './scheme.ts';
import { usersFileScheme } from './users-file/users-file.ts';

/** Every way to find out who sends a request. A new one needs a file of its own and a line here. */
export const schemes: readonly SchemeDefinition[] = [usersFileScheme];
