import type { Json } from '../../base/index.ts';
import type { ClusterClient, ListedKind, Row } from '../connect/cluster-client.ts';
import { type Invocation, textOption } from './command.ts';
import { globPattern, isGlob } from './glob.ts';
import { parseFilter } from './parse-filter.ts';

/** The rows that the arguments (names, globs, or one filter) and --filter leave, in the order of the cluster. */
export async function selectedRows(
  client: ClusterClient,
  kind: ListedKind,
  { args, options }: Pick<Invocation, 'args' | 'options'>,
): Promise<readonly Row[]> {
  const { names, filter } = selection(args, textOption(options, 'filter'));
  if (filter === undefined) return rowsByName(client, kind, names);
  const [rows, passed] = await Promise.all([rowsByName(client, kind, names), client.passing(kind, filter)]);
  return rows.filter((row) => passed.has(nameOf(row)));
}

/**
 * What was asked for: an argument that has signs of a filter is one, as with Ganeti's tools.
 * @throws CLI_FILTER_INVALID
 */
export function selection(args: readonly string[], filter: string | undefined): { names: readonly string[]; filter?: Json } {
  const [only = ''] = args;
  const isFilter = args.length === 1 && /[()=!~<>'"\s]/.test(only);
  const filters = [...(isFilter ? [only] : []), ...(filter === undefined ? [] : [filter])].map(parseFilter);
  return {
    names: isFilter ? [] : args,
    ...(filters.length === 0 ? {} : { filter: filters.length === 1 ? (filters[0] as Json) : ['&', ...filters] }),
  };
}

const nameOf = (row: Row): string => String(row['name'] ?? row['id']);

/** Rows whose name was given or fits a glob, or all of them; every name that is given must exist. */
export async function rowsByName(client: ClusterClient, kind: ListedKind, names: readonly string[]): Promise<readonly Row[]> {
  const globs = names.filter(isGlob).map((glob) => new RegExp(globPattern(glob)));
  if (globs.length === 0 && names.length > 0 && names.length <= 4) return Promise.all(names.map((name) => client.one(kind, name)));
  const rows = await client.list(kind);
  if (names.length === 0) return rows;
  const byName = new Map(rows.map((row) => [nameOf(row), row]));
  const named = names.filter((name) => !isGlob(name)).map(async (name) => byName.get(name) ?? client.one(kind, name));
  const found = await Promise.all(named);
  return [...found, ...rows.filter((row) => !found.includes(row) && globs.some((glob) => glob.test(nameOf(row))))];
}
