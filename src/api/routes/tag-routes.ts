import { Type } from 'typebox';
import { Tag } from '../../model/index.ts';
import type { ApiContext } from '../api-options.ts';
import { allOf, isSet } from './query-params.ts';
import { withReason } from './reason-trail.ts';
import { objectsFrom, type Route } from './route.ts';
import { submitFrom } from './submit.ts';

const tagQuery = Type.Object({
  tag: Type.Optional(Type.Union([Type.Array(Type.String()), Type.String()], { description: 'A tag; may be given several times' })),
  'dry-run': Type.Optional(Type.Integer()),
});

/** GET, PUT and DELETE of the tags of an object. `param` is the path parameter with its name; the cluster has none. */
export function tagRoutes(
  kind: 'cluster' | 'node' | 'group' | 'instance' | 'network',
  path: string,
  param: string | undefined,
  tags: (name: string, context: ApiContext) => readonly string[],
): Route[] {
  const nameOf = (params: Readonly<Record<string, string>>) => (param ? (params[param] ?? '') : '');
  const objects = param ? objectsFrom(kind, param) : () => [{ kind: 'cluster', name: 'cluster' }];
  const change = (method: 'PUT' | 'DELETE', opcode: string, permission: string, summary: string): Route => ({
    method,
    path,
    tag: kind,
    summary,
    permission,
    objects,
    query: withReason(tagQuery),
    submits: true,
    result: Type.Integer({ description: 'Number of the job' }),
    handle: (request, context) => {
      const { params, query } = request;
      const op = { OP_ID: opcode, kind, name: param ? nameOf(params) : null, tags: allOf(query, 'tag'), dry_run: isSet(query, 'dry-run') };
      return submitFrom(path, request, context, op);
    },
  });
  return [
    {
      method: 'GET',
      path,
      tag: kind,
      summary: `Tags of the ${kind}`,
      permission: `${kind}:read`,
      objects,
      result: Type.Array(Tag),
      handle: ({ params }, context) => [...tags(nameOf(params), context)].sort(),
    },
    change('PUT', 'OP_TAGS_SET', 'tags:set', `Add tags to the ${kind}`),
    change('DELETE', 'OP_TAGS_DEL', 'tags:remove', `Remove tags from the ${kind}`),
  ];
}
