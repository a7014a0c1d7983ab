import { type TObject, type TProperties, Type } from 'typebox';

/** A source, its text, and the time in ns: one entry of the trail of reasons. */
export type ReasonEntry = readonly [source: string, text: string, time: number];

/** The parameter that every resource takes that makes a job. */
export const reasonQuery = { reason: Type.Optional(Type.String({ description: 'Why; kept in the trail of reasons of the job' })) };

/** Query parameters of a resource that makes a job. */
export const withReason = (query?: TObject): TObject =>
  Type.Object({ ...(query?.properties as TProperties | undefined), ...reasonQuery }) as unknown as TObject;

/** Names of Ganeti's resources that do not follow from the path. */
const ownNames: Readonly<Record<string, string>> = { '/2/modify': 'cluster_modify', '/2/redistribute-config': 'redist_config' };

/** Ganeti's name of a resource: `/2/instances/{instance_name}/startup` is `instances_name_startup`. */
export function resourceName(path: string): string {
  const own = ownNames[path];
  if (own !== undefined) return own;
  const parts = path.split('/').slice(2);
  // A disk is named by its number, which Ganeti leaves out.
  const named = parts.map((part) => (part === '{disk}' ? '' : part.startsWith('{') ? 'name' : part.replaceAll('-', '_')));
  return named.filter(Boolean).join('_');
}

/** How the trail of a job begins that a resource makes: the reason of the user, if there is one, and the resource. */
export function reasonTrail(path: string, query: Readonly<Record<string, unknown>>, nowMs: number): ReasonEntry[] {
  const time = Math.round(nowMs) * 1_000_000;
  const reason = query['reason'];
  const user: ReasonEntry[] = typeof reason === 'string' && reason !== '' ? [['gnt:user', reason, time]] : [];
  return [...user, [`gnt:library:rlib2:${resourceName(path)}`, '', time]];
}
