import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { GantryError } from '../../base/index.ts';
import { validate } from '../../model/index.ts';

/**
 * Checks bodies, query and path parameters against the schemas of their route. Query parameters are converted first,
 * since they come as text.
 */
export const checkRequest: FastifySchemaCompiler<TSchema> = ({ schema, httpPart, url }) => {
  if (httpPart !== 'querystring') return (value) => ({ value: validate(schema, value, url ?? 'request') });
  return (value) => {
    const converted = Value.Convert(schema, value);
    try {
      return { value: validate(schema, converted, 'query') };
    } catch (error) {
      const name = error instanceof GantryError ? String(error.facts['field']) : 'query';
      throw new GantryError('API_REQUEST_INVALID', { problem: `Invalid value for the '${name}' parameter` }, { cause: error });
    }
  };
};
