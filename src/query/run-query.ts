import { GantryError } from '../base/index.ts';
import { type Cell, type Field, toCell, unknownCell } from './field.ts';
import type { FieldKind } from './field-kinds.ts';
import { compileFilter } from './filter.ts';
import { groupFields } from './group-fields.ts';
import { instanceFields } from './instance-fields.ts';
import { jobFields } from './job-fields.ts';
import { lockFields } from './lock-fields.ts';
import { networkFields } from './network-fields.ts';
import { niceCompare, niceSortedByName } from './nice-sort.ts';
import { nodeFields } from './node-fields.ts';
import { exportFields, filterFields } from './other-fields.ts';
import { showJson } from './show-json.ts';
import type { View } from './view.ts';

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

/** A kind of object that can be queried. */
interface Source<Item> {
  readonly fields: readonly Field<Item>[];
  readonly byName: ReadonlyMap<string, Field<Item>>;
  readonly items: (view: View) => readonly Item[];
}

function source<Item>(fields: readonly Field<Item>[], items: Source<Item>['items']): Source<unknown> {
  const one: Source<Item> = { fields, byName: new Map(fields.map((each) => [each.name, each])), items };
  return one as unknown as Source<unknown>;
}

const named = <Item extends { name: string }>(items: Iterable<Item>): Item[] =>
  [...items].sort((left, right) => niceCompare(left.name, right.name));

const sources: Record<string, Source<unknown>> = {
  instance: source(instanceFields, ({ config }) => niceSortedByName(config.instances)),
  node: source(nodeFields, ({ config }) => niceSortedByName(config.nodes)),
  group: source(groupFields, ({ config }) => niceSortedByName(config.groups)),
  network: source(networkFields, ({ config }) => niceSortedByName(config.networks)),
  job: source(jobFields, ({ jobs }) => [...jobs.list()].sort((left, right) => left.id - right.id)),
  lock: source(lockFields, ({ jobs }) => named(jobs.locks())),
  export: source(exportFields, ({ config }) => niceSortedByName(config.nodes)),
  filter: source(filterFields, () => []),
};

/** Kinds that Ganeti knows but does not answer queries for, with the name it gives them when it says so. */
const unanswered: Record<string, string> = { cluster: 'QRCluster', os: 'QROs', extstorage: 'QRExtstorage' };

/** The kinds that can be queried. */
export const queryKinds = Object.keys(sources);

function sourceOf(kind: string, call: 'Query' | 'QueryFields', args: readonly unknown[]): Source<unknown> {
  const found = Object.hasOwn(sources, kind) ? sources[kind] : undefined;
  if (found) return found;
  const problem = Object.hasOwn(unanswered, kind) ? unanswered[kind] : undefined;
  if (problem) throw new GantryError('API_QUERY_FAILED', { problem: `${call} 'ItemTypeOpCode ${problem}' not supported` });
  throw malformedQuery([kind, ...args], `Can't parse value '${kind}' as neitherQueryTypeLuxi nor QueryTypeOp`);
}

function malformedQuery(request: readonly unknown[], problem: string): GantryError {
  return new GantryError('API_QUERY_MALFORMED', {
    problem: `Failed to parse request: Cannot convert value '${showJson(request)}', error: ${problem}`,
  });
}

const definitionOf = <Item>({ name, title, kind, doc }: Field<Item>): FieldDefinition => ({ name, title, kind, doc });
const unknownField = (name: string): FieldDefinition => ({ name, title: name, kind: 'unknown', doc: `Unknown field '${name}'` });

/** The fields of a kind, all in the order of their names or only the named ones. */
export function queryFields(kind: string, names: readonly string[] | undefined): { fields: FieldDefinition[] } {
  const { fields, byName } = sourceOf(kind, 'QueryFields', [names ?? null]);
  const wanted = names ?? fields.map((one) => one.name).sort(niceCompare);
  return {
    fields: wanted.map((name) => {
      const found = byName.get(name);
      return found ? definitionOf(found) : unknownField(name);
    }),
  };
}

/**
 * Ganeti's query: the wanted fields of the objects that pass the filter, each value with its state.
 * @throws API_QUERY_MALFORMED, API_QUERY_FAILED
 */
export function runQuery(view: View, kind: string, names: readonly string[], filter: unknown): QueryResult {
  const { byName, items } = sourceOf(kind, 'Query', [names, filter ?? null]);
  const columns = names.map((name) => byName.get(name));
  let passes: (item: unknown, view: View) => boolean;
  try {
    passes = compileFilter(filter, byName);
  } catch (error) {
    const malformed = error instanceof GantryError && error.code === 'API_QUERY_MALFORMED';
    throw malformed ? malformedQuery([kind, names, filter], String(error.facts['problem'])) : error;
  }
  const data = items(view)
    .filter((item) => passes(item, view))
    .map((item) => columns.map((column) => (column ? toCell(column.get(item, view)) : unknownCell)));
  return { data, fields: names.map((name, index) => (columns[index] ? definitionOf(columns[index]) : unknownField(name))) };
}
