import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { Type } from 'typebox';
import type { Route } from '../routes/route.ts';
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
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    security: [{ basic: [] }],
  },
});

const ErrorSchema = Type.Object({
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
});

const withDescription = (schema: object, description: string) => ({ description, content: { 'application/json': { schema } } });

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
    ...(route.body && { body: route.body }),
    response: {
      200: withDescription(route.result ?? Type.Unknown(), 'Done'),
      default: withDescription(ErrorSchema, 'Refused or failed'),
    },
  };
}
