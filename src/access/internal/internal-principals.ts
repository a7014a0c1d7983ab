import type { Principal } from '../principal.ts';
import { internalScheme } from './internal-scheme.ts';

const internal = (name: string): Principal => ({ name, scheme: internalScheme, groups: [], options: [] });

/** Submits the jobs of the watcher. */
export const watcherPrincipal = internal('gantry-watcher');

/** Not a user of the same name. */
export const isWatcher = ({ name, scheme }: Principal): boolean => scheme === internalScheme && name === watcherPrincipal.name;

/** All that a part of the master may do, by its name. The configured authorizer is not asked about it. */
export const internalRights: ReadonlyMap<string, ReadonlySet<string>> = new Map([[watcherPrincipal.name, new Set(['instance:startup'])]]);
