import type { Authorizer } from './authorizer.ts';

/**
 * Rights by the options of the users file, as in Ganeti: any user may read plain resources (`…:read`), queries and
 * console addresses (`…:query`) need `read` or `write`, everything else needs `write`.
 */
export const optionsAuthorizer: Authorizer = {
  decide({ user, permission }) {
    const may = (option: string) => user.options.includes(option);
    if (permission.endsWith(':read')) return true;
    if (permission.endsWith(':query')) return may('read') || may('write');
    return may('write');
  },
};
