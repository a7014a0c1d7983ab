import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { GantryError } from '../../base/index.ts';
import { commonOpcodeFields, type OpcodeDefinition, opcodeCatalogue, type RestBinding } from '../../model/index.ts';
import { type Body, objectBody, versionedBody } from './object-body.ts';
import { withReason } from './reason-trail.ts';
import type { ApiRequest, Route } from './route.ts';
import { submitFrom } from './submit.ts';

const pathParams = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
const schemaOf = (definition: OpcodeDefinition, param: string) => (definition.params.properties as Record<string, TSchema>)[param];
const isBoolean = (schema: TSchema | undefined): boolean => (schema as { type?: string } | undefined)?.type === 'boolean';

/** `nodes` is missing where a tag names `2`. */
function tagOf(path: string): Route['tag'] {
  const names: Record<string, Route['tag']> = { instances: 'instance', nodes: 'node', groups: 'group', networks: 'network' };
  return names[path.split('/')[2] ?? ''] ?? 'cluster';
}

/** Query parameters of a binding: booleans are 0 or 1, as in Ganeti. */
function querySchema(definition: OpcodeDefinition, binding: RestBinding) {
  const fields: TProperties = {};
  for (const [name, param] of Object.entries(binding.query ?? {})) {
    const schema = schemaOf(definition, param);
    const description = (schema as { description?: string } | undefined)?.description ?? `The parameter ${param}`;
    fields[name] = Type.Optional(isBoolean(schema) ? Type.Integer({ description: `${description} (0 or 1)` }) : (schema ?? Type.String()));
  }
  return withReason(Type.Object(fields) as unknown as TObject);
}

/** The body as clients send it: the opcode's own parameters, by their names in the REST API, without those of the path. */
function bodySchema(definition: OpcodeDefinition, binding: RestBinding) {
  if (!binding.body) return undefined;
  const renamed = new Map(Object.entries(binding.aliases ?? {}).map(([alias, param]) => [param, alias]));
  const inPath = pathParams(binding.path);
  const fields: TProperties = binding.bodyVersion === undefined ? {} : { __version__: Type.Literal(binding.bodyVersion) };
  for (const [param, schema] of Object.entries({ ...definition.ownFields, ...commonOpcodeFields })) {
    if (!inPath.includes(param)) fields[renamed.get(param) ?? param] = schema;
  }
  return Type.Object(fields, { additionalProperties: false });
}

/**
 * Makes the opcode of a request: body, then query, then path. Nothing may be given twice, unless it is the same: Ganeti's own
 * client sends `dry_run` of a creation in both places.
 * @throws API_REQUEST_INVALID
 */
export function opcodeOf(definition: OpcodeDefinition, binding: RestBinding, request: Pick<ApiRequest, 'params' | 'query' | 'body'>): Body {
  const op: Body = { ...bodyOf(binding, request.body) };
  for (const [alias, param] of Object.entries(binding.aliases ?? {})) {
    if (!(alias in op)) continue;
    if (param in op) throw invalid(`Parameter '${alias}' was renamed to '${param}', but both are specified`);
    op[param] = op[alias];
    delete op[alias];
  }
  const fixed: Body = { OP_ID: definition.id };
  for (const param of pathParams(binding.path)) fixed[param] = request.params[param];
  for (const [name, param] of Object.entries(binding.query ?? {})) {
    const value = request.query[name];
    if (value !== undefined) fixed[param] = isBoolean(schemaOf(definition, param)) ? Boolean(value) : value;
  }
  const overwritten = Object.keys(fixed).filter((param) => param in op && op[param] !== fixed[param]);
  if (overwritten.length > 0) throw invalid(`Can't overwrite static parameters {${overwritten.map((param) => `'${param}'`).join(', ')}}`);
  return { ...op, ...fixed };
}

const invalid = (problem: string) => new GantryError('API_REQUEST_INVALID', { problem });

function bodyOf({ body, bodyVersion }: RestBinding, given: unknown): Body {
  if (!body) return {};
  return bodyVersion === undefined ? objectBody(given) : versionedBody(given, bodyVersion);
}

function routeOf(definition: OpcodeDefinition, binding: RestBinding): Route {
  const [nameParam] = pathParams(binding.path);
  const tag = tagOf(binding.path);
  const query = querySchema(definition, binding);
  const body = bodySchema(definition, binding);
  return {
    method: binding.method,
    path: binding.path,
    tag,
    summary: definition.summary,
    permission: definition.permission,
    query,
    ...(body && { body, bodyCheckedByHandler: true }),
    ...(nameParam && { objects: (params: Readonly<Record<string, string>>) => [{ kind: tag, name: params[nameParam] ?? '' }] }),
    submits: true,
    result: Type.Integer({ description: 'Number of the job' }),
    handle: (request, context) => submitFrom(binding.path, request, context, opcodeOf(definition, binding, request)),
  };
}

/** The resources that the opcode catalogue declares. */
export const opcodeRoutes: readonly Route[] = [...opcodeCatalogue.values()].flatMap((definition) =>
  (definition.rest ?? []).map((binding) => routeOf(definition, binding)),
);
