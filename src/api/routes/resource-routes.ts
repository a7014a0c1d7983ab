import { type TSchema, Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import type { Collection } from '../../store/index.ts';
import type { ApiContext } from '../api-options.ts';
import { type Field, plainRow, type View, viewOfServices } from '../query/field.ts';
import { niceSortedByName } from '../query/nice-sort.ts';
import { bulkQuery, isSet } from './query-params.ts';
import { objectsFrom, type Route } from './route.ts';

/** A kind of configured object that has a list and a page for each. */
export interface Resource<Item> {
  readonly kind: 'node' | 'group' | 'network' | 'instance';
  /** `/2/nodes` */
  readonly path: string;
  /** Name of the path parameter. */
  readonly param: string;
  /** What Ganeti calls the name in the list. */
  readonly idField: 'id' | 'name';
  readonly collection: (context: ApiContext) => Collection<Item>;
  readonly fields: readonly Field<Item>[];
  /** Overrides how the list with all fields is made. */
  readonly bulk?: (context: ApiContext) => unknown;
  /** Changes a row before it is sent. */
  readonly adjust?: (row: Record<string, unknown>) => Record<string, unknown>;
}

export const viewOf = ({ services }: ApiContext): View => viewOfServices(services);

/** The object that a path names. @throws API_OBJECT_UNKNOWN */
export function findObject<Item>(resource: Pick<Resource<Item>, 'kind' | 'collection'>, name: string, context: ApiContext): Item {
  const found = resource.collection(context).find(name);
  if (!found) throw new GantryError('API_OBJECT_UNKNOWN', { object: resource.kind, name });
  return found;
}

function rowSchema<Item>(fields: readonly Field<Item>[]): TSchema {
  return Type.Object(Object.fromEntries(fields.map(({ name, doc }) => [name, Type.Unknown({ description: doc })])));
}

/** GET of the list and GET of one. */
export function resourceRoutes<Item extends { name: string }>(resource: Resource<Item>): Route[] {
  const { kind, path, param, idField, fields, collection, adjust = (row) => row } = resource;
  const sorted = (context: ApiContext) => niceSortedByName(collection(context));
  const bulk = resource.bulk ?? ((context) => sorted(context).map((item) => adjust(plainRow(fields, item, viewOf(context)))));
  const list = (context: ApiContext) => sorted(context).map(({ name }) => ({ [idField]: name, uri: `${path}/${name}` }));
  const row = rowSchema(fields);
  const reference = Type.Object({ [idField]: Type.String(), uri: Type.String() });
  return [
    {
      method: 'GET',
      path,
      tag: kind,
      summary: `List every ${kind}`,
      permission: `${kind}:read`,
      query: bulkQuery,
      result: Type.Array(Type.Union([reference, row])),
      handle: ({ query }, context) => (isSet(query, 'bulk') ? bulk(context) : list(context)),
    },
    {
      method: 'GET',
      path: `${path}/{${param}}`,
      tag: kind,
      summary: `Show one ${kind}`,
      permission: `${kind}:read`,
      objects: objectsFrom(kind, param),
      result: row,
      handle: ({ params }, context) => adjust(plainRow(fields, findObject(resource, params[param] ?? '', context), viewOf(context))),
    },
  ];
}
