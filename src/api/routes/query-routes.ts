import { Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { fieldKinds, kinds, rowSchema } from '../../query/index.ts';
import type { ApiContext } from '../api-options.ts';
import { type QueryResult, queryFields, queryKinds, runQuery } from '../rows/run-query.ts';
import { fieldNames } from './field-names.ts';
import { objectBody } from './object-body.ts';
import { viewOf } from './resource-routes.ts';
import { type ApiRequest, component, type Route } from './route.ts';

const fieldsQuery = Type.Object({ fields: Type.Optional(Type.String({ description: 'Names of fields, separated by commas' })) });
const kindNames = queryKinds.join(', ');
const split = (text: string) => text.split(',').map((name) => name.trim());

const Kind = Type.Enum(fieldKinds, {
  description:
    'JSON type of the values: text is a string; bool a boolean; number, and unit (MiB), an integer; float, and timestamp (seconds since 1970), a number; other anything; unknown: there is no such field',
});
const Definition = component('query_field', Type.Object({ name: Type.String(), title: Type.String(), kind: Kind, doc: Type.String() }));
const State = Type.Enum([0, 1, 2, 3, 4], { description: '0 normal, 1 unknown field, 2 no data, 3 not available, 4 its node is offline' });
const Cell = Type.Tuple([State, Type.Unknown({ description: 'By the field, see "$defs"; null unless the state is 0' })]);
/** The values of all fields of each kind; a cell has those of its field. */
const fieldsByKind = Object.fromEntries(
  queryKinds.map((kind) => [kind, component(`${kind}_fields`, rowSchema(kinds.get(kind)?.fields ?? []))]),
);
const Result = Type.Object({
  data: Type.Array(Type.Array(Cell), {
    description: 'Rows; each has a cell for each of the fields, in their order. "$defs" has the values of the fields of each kind',
    $defs: fieldsByKind,
  }),
  fields: Type.Array(Definition),
});

/** @throws API_REQUEST_INVALID */
function fieldsOf({ query }: Pick<ApiRequest, 'query'>): string[] {
  const { fields } = query;
  if (typeof fields !== 'string') throw new GantryError('API_REQUEST_INVALID', { problem: "Missing 'fields' query argument" });
  return fieldNames(split(fields), "'fields' must be a list of names");
}

/** The gate knew only that something is to be queried; now it is known what. */
async function query(request: ApiRequest, context: ApiContext, fields: readonly string[], filter: unknown): Promise<QueryResult> {
  const { user, params } = request;
  const kind = params['kind'] ?? '';
  await context.services.access.require(
    user,
    { permission: 'cluster:query', objects: [], read: { kind, fields } },
    request.operation.trace,
  );
  return runQuery(viewOf(context, user), kind, fields, filter);
}

export const queryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/2/query/{kind}',
    tag: 'query',
    summary: `Values of chosen fields of all objects of a kind: ${kindNames}`,
    permission: 'cluster:query',
    query: fieldsQuery,
    result: Result,
    handle: (request, context) => query(request, context, fieldsOf(request), null),
  },
  {
    method: 'PUT',
    path: '/2/query/{kind}',
    tag: 'query',
    summary: `Values of chosen fields of the objects of a kind that pass a filter: ${kindNames}`,
    permission: 'cluster:query',
    query: fieldsQuery,
    body: Type.Object({
      fields: Type.Optional(Type.Array(Type.String())),
      qfilter: Type.Optional(Type.Unknown({ description: 'A filter such as ["=", "name", "web1"]' })),
      filter: Type.Optional(Type.Unknown({ description: 'Older name of qfilter' })),
    }),
    bodyCheckedByHandler: true,
    result: Result,
    handle: (request, context) => {
      const body = objectBody(request.body);
      const fields = body['fields'] === undefined ? fieldsOf(request) : fieldNames(body['fields'], "'fields' must be a list of names");
      return query(request, context, fields, body['qfilter'] ?? body['filter'] ?? null);
    },
  },
  {
    method: 'GET',
    path: '/2/query/{kind}/fields',
    tag: 'query',
    summary: `The fields of a kind: ${kindNames}`,
    permission: 'cluster:read',
    query: fieldsQuery,
    result: Type.Object({ fields: Type.Array(Definition) }),
    handle: ({ params, query }) =>
      queryFields(params['kind'] ?? '', typeof query['fields'] === 'string' ? split(query['fields']) : undefined),
  },
];
