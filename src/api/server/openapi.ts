import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { Type } from 'typebox';
import { component, componentKey, type Route } from '../routes/route.ts';
import { submissionHeaders } from '../routes/submission-key.ts';

/** The head of the OpenAPI page; paths and schemas come from the routes. */
export const openapiOptions = (version: string): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Gantry REST API',
      version,
      description: 'Version 2 of the Ganeti Remote API, with extensions. Changes answer with the number of a job.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This master' }],
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    security: [{ basic: [] }],
  },
});

const ErrorSchema = component(
  'error',
  Type.Object({
    code: Type.Integer({ description: 'HTTP status' }),
    message: Type.String(),
    explain: Type.String(),
    error: Type.Object(
      {
        code: Type.String(),
        what: Type.String(),
        why: Type.String(),
        todo: Type.String(),
        facts: Type.Object({}, { additionalProperties: true }),
      },
      { description: 'What happened, why, and what to do' },
    ),
  }),
);

const withDescription = (schema: object, description: string, types: readonly string[] = ['application/json']) => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, { schema }])),
});

const tagHeaders = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'ETag of the answer that the client has' })),
});

/** The schemas of a route as the server checks them and the OpenAPI page shows them. */
export function schemaOf(route: Route): Record<string, unknown> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const params = Type.Object(Object.fromEntries(names.map((name) => [name, Type.String()])));
  return {
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    tags: [route.tag],
    summary: route.summary,
    ...(route.permission === 'public' ? { security: [] } : { 'x-permission': route.permission }),
    ...(names.length > 0 && { params }),
    ...(route.query && { querystring: route.query }),
    ...(route.submits && { headers: submissionHeaders }),
    ...(route.tagged && { headers: tagHeaders }),
    ...(route.body && { body: route.body }),
    response: {
      ...(route.offered === false
        ? { 501: withDescription(ErrorSchema, 'Not offered by this version') }
        : {
            200: withDescription(route.result ?? Type.Unknown(), 'Done', route.types),
            ...(route.tagged && { 304: { description: 'Nothing has changed since the answer with this ETag', type: 'null' } }),
          }),
      '4xx': withDescription(ErrorSchema, 'Refused'),
      default: withDescription(ErrorSchema, 'Refused or failed'),
    },
  };
}

/**
 * The page in the terms of JSON Schema 2020-12, which OpenAPI 3.1 has: the schemas that check requests describe tuples as
 * older drafts did.
 */
function withPrefixItems(value: Record<string, unknown>): Record<string, unknown> {
  const { items, additionalItems: _none, ...others } = value;
  if (others['type'] !== 'array' || !Array.isArray(items)) return items === undefined ? others : { ...others, items };
  // No further element is possible; linters and generators yet ask every array for `items`, and take `false` for none.
  return { ...others, prefixItems: items, items: {}, minItems: items.length, maxItems: items.length };
}

/** The page as it is published; schemas that have a name are described once. */
export function openapiPage(made: Readonly<Record<string, unknown>>): object {
  const schemas: Record<string, unknown> = {};
  const publish = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(publish);
    if (typeof value !== 'object' || value === null) return value;
    const { [componentKey]: name, ...others } = value as Record<string, unknown>;
    const walked = withPrefixItems(Object.fromEntries(Object.entries(others).map(([key, one]) => [key, publish(one)])));
    if (typeof name !== 'string') return walked;
    schemas[name] ??= walked;
    return { $ref: `#/components/schemas/${name}` };
  };
  const page = publish(made) as Record<string, unknown>;
  return { ...page, components: { ...(page['components'] as object), schemas } };
}
