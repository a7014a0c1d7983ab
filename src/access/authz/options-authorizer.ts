import type { Authorizer, Decision } from './authorizer.ts';

const yes: Decision = { allowed: true };
const no: Decision = { allowed: false };

/**
 * Rights by the options of the users file, as in Ganeti: any user may read plain resources (`…:read`), queries and
 * console addresses (`…:query`) need `read` or `write`, everything else needs `write`.
 */
export const optionsAuthorizer: Authorizer = {
  decide({ principal: { options }, permission }) {
    if (permission.endsWith(':read')) return yes;
    if (permission.endsWith(':query')) return options.includes('read') || options.includes('write') ? yes : no;
    return options.includes('write') ? yes : no;
  },
};
