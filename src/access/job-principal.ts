import type { Job, JobPrincipal } from '../model/index.ts';
import { watcherPrincipal } from './internal/internal-principals.ts';
import type { Principal } from './principal.ts';

/**
 * The principal as a job keeps it. Its limits are left out: only who may change something submits jobs, and an end time limits
 * when credentials are accepted, not how long work takes.
 */
export const storedPrincipal = ({ name, scheme, groups, options }: Principal): JobPrincipal => ({
  name,
  scheme,
  groups: [...groups],
  options: [...options],
});

/**
 * Who submitted a job. Earlier versions stored only the name; they let nobody submit jobs but users with `write`, and the
 * watcher.
 */
export function principalOfJob({ user, principal }: Pick<Job, 'user' | 'principal'>): Principal {
  if (principal) return principal;
  return user === watcherPrincipal.name ? watcherPrincipal : { name: user, scheme: 'users-file', groups: [], options: ['write'] };
}
