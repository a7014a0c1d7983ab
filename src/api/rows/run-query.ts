import { closestName, GantryError } from '../../base/index.ts';
import { type Cell, type Field, type FieldKind, type Kind, kinds, niceCompare, select, showJson, type View } from '../../query/index.ts';

/** What `/2/query/<kind>/fields` tells of a field. */
export interface FieldDefinition {
  readonly name: string;
  readonly title: string;
  readonly kind: FieldKind;
  readonly doc: string;
}

export interface QueryResult {
  readonly data: readonly (readonly Cell[])[];
  readonly fields: readonly FieldDefinition[];
}

/** Kinds that Ganeti knows but does not answer queries for, with the name it gives them when it says so. */
const unanswered: ReadonlyMap<string, string> = new Map([
  ['cluster', 'QRCluster'],
  ['os', 'QROs'],
  ['extstorage', 'QRExtstorage'],
]);

/** The kinds that can be queried here. */
export const queryKinds: readonly string[] = [...kinds.keys()].filter((name) => !unanswered.has(name));

/** @throws API_QUERY_KIND_UNKNOWN, where Ganeti answers that its master daemon cannot read the request (502); API_QUERY_FAILED */
function kindOf(name: string, call: 'Query' | 'QueryFields'): Kind<unknown> {
  const problem = unanswered.get(name);
  if (problem) throw new GantryError('API_QUERY_FAILED', { problem: `${call} 'ItemTypeOpCode ${problem}' not supported` });
  const found = kinds.get(name);
  if (found) return found;
  const close = closestName(name, queryKinds);
  throw new GantryError('API_QUERY_KIND_UNKNOWN', { kind: name, known: queryKinds.join(', '), ...(close && { did_you_mean: close }) });
}

function malformedQuery(request: readonly unknown[], problem: string): GantryError {
  return new GantryError('API_QUERY_MALFORMED', {
    problem: `Failed to parse request: Cannot convert value '${showJson(request)}', error: ${problem}`,
  });
}

function definition({ byName }: Kind<unknown>, name: string): FieldDefinition {
  const found: Field<unknown> | undefined = byName.get(name);
  if (!found) return { name, title: name, kind: 'unknown', doc: `Unknown field '${name}'` };
  const { title, kind, doc } = found;
  return { name, title, kind, doc };
}

/** The fields of a kind, all in the order of their names or only the named ones. */
export function queryFields(name: string, names: readonly string[] | undefined): { fields: FieldDefinition[] } {
  const kind = kindOf(name, 'QueryFields');
  const wanted = names ?? [...kind.byName.keys()].sort(niceCompare);
  return { fields: wanted.map((each) => definition(kind, each)) };
}

/**
 * Ganeti's query: the wanted fields of the objects that pass the filter, each value with its state.
 * @throws API_QUERY_KIND_UNKNOWN, API_QUERY_MALFORMED, API_QUERY_FAILED
 */
export function runQuery(view: View, name: string, names: readonly string[], filter: unknown): QueryResult {
  const kind = kindOf(name, 'Query');
  try {
    return { data: select(kind, { names, filter }, view), fields: names.map((each) => definition(kind, each)) };
  } catch (error) {
    const malformed = error instanceof GantryError && error.code === 'API_QUERY_MALFORMED';
    throw malformed ? malformedQuery([name, names, filter], String(error.facts['problem'])) : error;
  }
}
