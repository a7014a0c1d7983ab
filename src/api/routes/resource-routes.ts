import { type TProperties, type TSchema, Type } from 'typebox';
import type { Principal } from '../../access/index.ts';
import { GantryError } from '../../base/index.ts';
import { type Kind, plainRow, rowSchema, type View } from '../../query/index.ts';
import type { Collection } from '../../store/index.ts';
import type { ApiContext } from '../api-options.ts';
import { bulkQuery, isSet } from './query-params.ts';
import { component, objectsFrom, type Route } from './route.ts';

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
  readonly queried: Kind<Item>;
  /** Overrides how the list with all fields is made; it may have an entity tag then. */
  readonly bulk?: (context: ApiContext, view: View) => unknown;
  /** What a row has beside the fields, or in another form. */
  readonly more?: TProperties;
  /** The same for the page of one object. */
  readonly moreOnPage?: TProperties;
}

/** All that there is, for what a user may see anyway. */
export const wholeView = ({ services: { config, live, jobs } }: ApiContext): View => ({ config: config.current, live, jobs });

/** What queries of a user look at; the job queue and the live state of the master are their ports. */
export function viewOf(context: ApiContext, user: Principal): View {
  const visible = context.services.access.visible(user);
  return visible ? { ...wholeView(context), visible } : wholeView(context);
}

/** The object that a path names. @throws API_OBJECT_UNKNOWN */
export function findObject<Item>(resource: Pick<Resource<Item>, 'kind' | 'collection'>, name: string, context: ApiContext): Item {
  const found = resource.collection(context).find(name);
  if (!found) throw new GantryError('API_OBJECT_UNKNOWN', { object: resource.kind, name });
  return found;
}

/** References, or rows with "bulk". */
export const listOrRows = (reference: TSchema, row: TSchema): TSchema =>
  Type.Union([Type.Array(reference, { description: 'Without "bulk"' }), Type.Array(row, { description: 'With "bulk"' })]);

/** GET of the list and GET of one. */
export function resourceRoutes<Item extends { name: string }>(resource: Resource<Item>): Route[] {
  const { kind, path, param, idField, queried, more = {}, moreOnPage = {} } = resource;
  const fields = queried.rowFields;
  const allRows = (view: View) => queried.items(view).map((item) => plainRow(fields, item, view));
  const bulk = resource.bulk ?? ((_, view) => allRows(view));
  const list = (view: View) => queried.items(view).map(({ name }) => ({ [idField]: name, uri: `${path}/${name}` }));
  const row = component(`${kind}_row`, rowSchema(fields, more));
  const page = Object.keys(moreOnPage).length > 0 ? component(`${kind}_page`, rowSchema(fields, { ...more, ...moreOnPage })) : row;
  return [
    {
      method: 'GET',
      path,
      tag: kind,
      summary: `List every ${kind}`,
      permission: `${kind}:read`,
      query: bulkQuery,
      ...(resource.bulk && { tagged: true }),
      result: listOrRows(Type.Object({ [idField]: Type.String(), uri: Type.String() }), row),
      handle: ({ query, user }, context) => {
        const view = viewOf(context, user);
        return isSet(query, 'bulk') ? bulk(context, view) : list(view);
      },
    },
    {
      method: 'GET',
      path: `${path}/{${param}}`,
      tag: kind,
      summary: `Show one ${kind}`,
      permission: `${kind}:read`,
      objects: objectsFrom(kind, param),
      result: page,
      handle: ({ params, user }, context) => plainRow(fields, findObject(resource, params[param] ?? '', context), viewOf(context, user)),
    },
  ];
}
