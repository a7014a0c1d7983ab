import { Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { queryFields, queryKinds, runQuery } from '../query/run-query.ts';
import { objectBody } from './body-adapters.ts';
import type { ApiRequest, Route } from './route.ts';

const fieldsQuery = Type.Object({ fields: Type.Optional(Type.String({ description: 'Names of fields, separated by commas' })) });
const kinds = queryKinds.join(', ');
const split = (text: string) => text.split(',').map((name) => name.trim());

const Definition = Type.Object({ name: Type.String(), title: Type.String(), kind: Type.String(), doc: Type.String() });
const Result = Type.Object({
  data: Type.Array(Type.Array(Type.Tuple([Type.Integer(), Type.Unknown()])), { description: 'Rows of pairs: state (0 is normal), value' }),
  fields: Type.Array(Definition),
});

/** @throws API_REQUEST_INVALID */
function fieldsOf({ query }: Pick<ApiRequest, 'query'>): string[] {
  const { fields } = query;
  if (typeof fields !== 'string') throw new GantryError('API_REQUEST_INVALID', { problem: "Missing 'fields' query argument" });
  return split(fields);
}

const isNames = (value: unknown): value is string[] => Array.isArray(value) && value.every((name) => typeof name === 'string');

export const queryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/2/query/{kind}',
    tag: 'query',
    summary: `Values of chosen fields of all objects of a kind: ${kinds}`,
    permission: 'cluster:query',
    query: fieldsQuery,
    result: Result,
    handle: (request, { services }) => runQuery(services, request.params['kind'] ?? '', fieldsOf(request), null),
  },
  {
    method: 'PUT',
    path: '/2/query/{kind}',
    tag: 'query',
    summary: `Values of chosen fields of the objects of a kind that pass a filter: ${kinds}`,
    permission: 'cluster:query',
    query: fieldsQuery,
    body: Type.Object({
      fields: Type.Optional(Type.Array(Type.String())),
      qfilter: Type.Optional(Type.Unknown({ description: 'A filter such as ["=", "name", "web1"]' })),
      filter: Type.Optional(Type.Unknown({ description: 'Older name of qfilter' })),
    }),
    bodyCheckedByHandler: true,
    result: Result,
    handle: (request, { services }) => {
      const body = objectBody(request.body);
      const fields = body['fields'] ?? fieldsOf(request);
      if (!isNames(fields)) throw new GantryError('API_REQUEST_INVALID', { problem: "'fields' must be a list of names" });
      return runQuery(services, request.params['kind'] ?? '', fields, body['qfilter'] ?? body['filter'] ?? null);
    },
  },
  {
    method: 'GET',
    path: '/2/query/{kind}/fields',
    tag: 'query',
    summary: `The fields of a kind: ${kinds}`,
    permission: 'cluster:read',
    query: fieldsQuery,
    result: Type.Object({ fields: Type.Array(Definition) }),
    handle: ({ params, query }) =>
      queryFields(params['kind'] ?? '', typeof query['fields'] === 'string' ? split(query['fields']) : undefined),
  },
];
